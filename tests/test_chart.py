"""The Helm chart: what it renders, and which values it refuses."""

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from citespan.qa import load_settings

ROOT = Path(__file__).parents[1]
CHART = ROOT / "deploy/helm/citespan"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# All that the chart can be given.
FULL = """
image: {digest: "sha256:%s"}
imagePullSecrets: [{name: registry}]
settings:
  serve: {max_body_bytes: 20000000, hosts: "docs.example.net", port: 9, host: "::"}
  evidence: {risk: 0.15}
  data: {seed: false}
  llm: {base_url: "http://llm.models:8080/v1"}
secretSettings: [{section: llm, key: api_key, secret: keys, item: llm}]
waitForKey: false
storage: {existingClaim: documents}
ingress: {enabled: true, host: docs.example.org, className: nginx, tlsSecret: tls}
networkPolicy:
  from: [{namespaceSelector: {}}]
  egress: [{to: [{namespaceSelector: {matchLabels: {team: models}}}], ports: [{port: 8080}]}]
podAnnotations: {prometheus.io/scrape: "true"}
nodeSelector: {disk: ssd}
tolerations: [{key: only, operator: Exists}]
affinity: {nodeAffinity: {}}
""" % ("0" * 64)


@pytest.fixture
def values(tmp_path: Path) -> Path:
    file = tmp_path / "values.yaml"
    file.write_text(FULL, encoding="utf-8")
    return file


def rendered(*options: str) -> dict[str, dict[str, Any]]:
    """Return the objects of the chart by kind, as Helm renders them."""
    if shutil.which("helm") is None:
        pytest.skip("helm is not here")
    command = ["helm", "template", "docs", str(CHART), "--kube-version", "1.30.0", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return {one["kind"]: one for one in yaml.safe_load_all(done.stdout) if one}


class TestChart:
    def test_its_versions_are_ours(self) -> None:
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
        assert chart["appVersion"] == chart["version"] == VERSION

    def test_helm_finds_no_fault(self, values: Path) -> None:
        if shutil.which("helm") is None:
            pytest.skip("helm is not here")
        for options in ([], ["--values", str(values)]):
            command = ["helm", "lint", "--strict", str(CHART), *options]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 0, done.stdout

    def test_by_default_it_is_closed(self) -> None:
        made = rendered()
        assert set(made) == {"ConfigMap", "NetworkPolicy", "Service", "StatefulSet"}
        assert made["NetworkPolicy"]["spec"]["egress"] == []
        assert made["NetworkPolicy"]["spec"]["policyTypes"] == ["Ingress", "Egress"]
        pod = made["StatefulSet"]["spec"]["template"]["spec"]
        assert pod["enableServiceLinks"] is pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        (waiting,), (server,) = pod["initContainers"], pod["containers"]
        for one in (waiting, server):
            assert one["image"] == f"citespan:{VERSION}"
            assert one["securityContext"]["readOnlyRootFilesystem"] is True
            assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}

    def test_its_settings_are_settings(self, values: Path, tmp_path: Path) -> None:
        made = rendered("--values", str(values))
        given = dict(made["ConfigMap"]["data"])
        server = made["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]
        (secret,) = server["env"]
        assert secret["value"] == "/secrets/llm.api_key"
        (tmp_path / "key").write_text("sk-1\n")
        settings = load_settings(environ=given | {secret["name"]: str(tmp_path / "key")})
        assert settings.llm.api_key == "sk-1"
        assert settings.serve.max_body_bytes == 20_000_000
        assert (settings.evidence.risk, settings.data.seed) == (0.15, False)
        assert settings.serve.hosts.split(",") == [
            "docs-citespan",
            "docs-citespan.default",
            "docs-citespan.default.svc",
            "docs-citespan.default.svc.cluster.local",
            "docs.example.org",
            "docs.example.net",
        ]
        assert (settings.serve.host, settings.serve.port) == ("127.0.0.1", 8000)  # the image's stay

    def test_its_parts_find_each_other(self, values: Path) -> None:
        made = rendered("--values", str(values))
        pod = made["StatefulSet"]["spec"]["template"]
        for kind in ("Service", "NetworkPolicy"):
            spec = made[kind]["spec"]
            selector = spec.get("selector") or spec["podSelector"]["matchLabels"]
            assert selector.items() <= pod["metadata"]["labels"].items()
        backend = made["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        assert backend["name"] == made["Service"]["metadata"]["name"]
        names = {one["name"] for one in pod["spec"]["volumes"]}
        assert names == {"data", "secrets", "tmp"}
        assert {one["name"] for one in pod["spec"]["containers"][0]["volumeMounts"]} == names
        assert "volumeClaimTemplates" not in made["StatefulSet"]["spec"]

    def test_several_servers_share_a_database(self) -> None:
        given = {"section": "store", "key": "url", "secret": "database", "item": "url"}
        named = [
            part
            for key, value in given.items()
            for part in ("--set", f"secretSettings[0].{key}={value}")
        ]
        made = rendered("--set", "replicas=3", *named)
        spec = made["StatefulSet"]["spec"]
        assert spec["replicas"] == 3
        assert spec["volumeClaimTemplates"]  # each has a data folder of its own
        assert made["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1
        pod = spec["template"]["spec"]
        for one in (*pod["initContainers"], *pod["containers"]):  # the first key, too, is there
            assert one["env"] == [
                {"name": "CITESPAN_STORE__URL_FILE", "value": "/secrets/store.url"}
            ]
            assert "secrets" in {mount["name"] for mount in one["volumeMounts"]}

    def test_kubernetes_would_take_it(self, values: Path) -> None:
        validator = pytest.importorskip(
            "kubernetes_validate", reason="kubernetes-validate is not here"
        )
        several = ("--set", "replicas=2,settings.store.url=postgresql://db/citespan")
        for made in (rendered(), rendered("--values", str(values)), rendered(*several)):
            for one in made.values():
                validator.validate(one, "1.30", strict=True)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("ingress.enabled=true", "host"),
            ("image.digest=latest", "digest"),
            ("servce.port=80", "servce"),
            ("settings.serve=80", "settings"),
            ("secretSettings[0].section=llm", "secretSettings"),
            ("replicas=2", "store.url"),
            ("replicas=2,settings.store.url=postgresql://db/c,storage.existingClaim=x", "share"),
        ],
    )
    def test_values_that_cannot_be_used_are_refused(self, given: str, message: str) -> None:
        if shutil.which("helm") is None:
            pytest.skip("helm is not here")
        command = [
            "helm",
            "template",
            "docs",
            str(CHART),
            "--kube-version",
            "1.30.0",
            "--set",
            given,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode != 0
        assert message in done.stderr
