// What the widget reads of the wire: a part of what /schema describes.

export interface Citation {
  id: string;
  document: { id: string; revision: number; title: string; uri: string | null };
  start: number;
  end: number;
  quote: string;
  prefix: string;
  suffix: string;
  open_url: string | null;
}

export interface Passage {
  document_id: string;
  revision: number;
  title: string;
  start: number;
  end: number;
  text: string;
}

export interface Part {
  text: string;
  citations: string[];
}

export interface Answer {
  status: string;
  answer: string;
  citations: Citation[];
  abstention: { reason: string; message: string } | null;
  passages: Passage[];
}

export interface Sent {
  event: string;
  data: any;
}

export interface Turn {
  question: string;
  parts: Part[];
  citations: Citation[];
  note: string;
  passages: Passage[];
  state: "asking" | "done" | "stopped" | "cut" | "failed";
  retry: boolean;
}
