/** What the server sends: docs/reference/http.md describes each field. Offsets are code points. */
export interface Span { start: number; end: number }
export interface Box { page: number; x0: number; y0: number; x1: number; y1: number }
export interface Place {
  sheet?: string; cell?: string; slide?: number; notes?: boolean; part?: string; block?: number; line?: number;
}
export interface Scores {
  dense: number | null; lexical: number | null; fused: number | null;
  relevance: number | null; evidence: number | null;
}
export interface Citation extends Span {
  id: string;
  document: { id: string; revision: number; title: string; uri: string | null };
  quote: string; prefix: string; suffix: string;
  page: number | null; boxes: Box[]; place: Place | null; headings: string[];
  scores: Scores; highlights: Span[];
}
export interface Segment extends Span { support: string; citations: string[] }
export interface Passage extends Span {
  document_id: string; revision: number; title: string; text: string; scores: Scores;
}
export interface Answer {
  id: string; status: string; answer: string; mode: string; question: string;
  segments: Segment[]; citations: Citation[];
  abstention: { reason: string; message: string } | null;
  confidence: number; fallback: string | null; dropped: number; passages: Passage[];
  timings_ms: Record<string, number>; index_generation: number;
}
export interface Stored {
  id: string; title: string; uri: string | null; revision: number; media_type: string;
  length: number; created_at: string; metadata: Record<string, unknown>;
}
export interface Where {
  revision: number; current_revision: number; title: string; uri: string | null;
  media_type: string; length: number; original: boolean;
  pages: { width: number; height: number }[];
  page: number | null; boxes: Box[]; place: Place | null; headings: string[];
}
export interface GridCell extends Span { column: number }
export interface Grid { labels: string[]; rows: GridCell[][] }
export interface Outline { headings: (Span & { level: number })[]; tables: Grid[] }
export interface JobFile { name: string; outcome: string | null; reason: string | null; document_id: string | null }
export interface Job {
  id: string; kind: string; collection: string; state: string; reason: string | null;
  files: number; files_done: number; outcomes: Record<string, number>;
  created_at: string; finished_at: string | null; results?: JobFile[];
}
export interface Collection { name: string; documents: number; chunks: number }
/** Characters of a revision, with what they are. */
export interface MarkedSpan extends Span { document_id: string; revision: number; quote: string }
/** As `MarkedSpan`, but the words may be gone, or hidden. */
export interface Pointer extends Span { document_id: string; revision: number; quote: string | null; url: string }
export interface Label {
  id: string; created_at: string; question: string; verdict: string; state: string; status: string;
  mode: string; confidence: number; cited: Pointer[]; spans: Pointer[]; reviewer: string; ready: boolean;
}
export interface LabelList { labels: Label[]; counts: Record<string, number> }
export interface Gap {
  question: string; count: number; first: string; last: string; reasons: Record<string, number>;
  wordings: string[]; by_day: Record<string, number>;
}
export interface Measure {
  name: string; title: string; value: number | null; low: number | null; high: number | null; n: number;
  higher_is_better: boolean;
}
export interface Run {
  id: string; dataset: string; created_at: string; subject: string; documents: number; questions: number;
  failed: number; headline: Measure[];
}
export interface RunDetail extends Run {
  risk_coverage: [number, number][]; span_recall: [number, number][];
  reliability: { confidence: number; accuracy: number; n: number }[];
  mistakes: { question_id: string; question: string; fault: string; sentence: string }[];
}
export interface Comparison {
  differences: { measure: string; title: string; before: number; after: number; n: number; p: number; verdict: string }[];
  turned: { question_id: string; question: string; before: string | null; after: string | null }[];
}
export interface Message { role: "user" | "assistant"; content: string }
/** What a reader opens: a span of a revision, or a document from its beginning. */
export interface Target {
  collection: string; id: string; revision?: number; start?: number; end?: number; highlights?: Span[];
}
