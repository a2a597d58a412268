{{- define "citespan.name" -}}
{{- $name := contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) }}
{{- $name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "citespan.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "citespan.labels" -}}
{{ include "citespan.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "citespan.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The names that clients reach the server by, besides those in settings.serve.hosts. */}}
{{- define "citespan.hosts" -}}
{{- $name := include "citespan.name" . }}
{{- $space := .Release.Namespace }}
{{- $hosts := list $name (printf "%s.%s" $name $space) (printf "%s.%s.svc" $name $space) (printf "%s.%s.svc.cluster.local" $name $space) }}
{{- if .Values.ingress.enabled }}{{ $hosts = append $hosts .Values.ingress.host }}{{ end }}
{{- with (.Values.settings.serve | default dict).hosts }}{{ $hosts = append $hosts . }}{{ end }}
{{- join "," $hosts }}
{{- end }}

{{- define "citespan.hardened" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The settings of a container. */}}
{{- define "citespan.given" -}}
envFrom:
  - configMapRef: {name: {{ include "citespan.name" . }}}
{{- with .Values.secretSettings }}
env:
  {{- range . }}
  - name: CITESPAN_{{ upper .section }}__{{ upper .key }}_FILE
    value: /secrets/{{ .section }}.{{ .key }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "citespan.secrets" -}}
{{- if .Values.secretSettings }}
- {name: secrets, mountPath: /secrets, readOnly: true}
{{- end }}
{{- end }}

{{/* Says something if documents are on PostgreSQL. */}}
{{- define "citespan.store" -}}
{{- (.Values.settings.store | default dict).url | default "" }}
{{- range .Values.secretSettings }}{{ if and (eq .section "store") (eq .key "url") }}{{ .secret }}{{ end }}{{ end }}
{{- end }}
