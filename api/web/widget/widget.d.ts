/** A conversation with the documents of a citespan collection: `<citespan-ask collection="docs">`. */
export declare class CitespanAsk extends HTMLElement {
  /** The collection that answers; the attribute `collection`, or `default`. */
  readonly collection: string;
  /** Whether the panel is shown; always, with the attribute `inline`. */
  readonly isOpen: boolean;
  open(): void;
  close(): void;
  /** Ask a question as if it was typed; resolves when the answer has ended, however it ended. */
  ask(question: string): Promise<void>;
  /** End the answer that is arriving; what was shown stays. */
  stop(): void;
  /** Forget the conversation. */
  clear(): void;
}

export interface CitespanAskAttributes {
  /** The name of the collection. */
  collection?: string;
  /** A publishable key, where the service needs one; its questions count together. */
  key?: string;
  /** `auto` follows the visitor's system. */
  theme?: "auto" | "light" | "dark";
  /** Any CSS colour. */
  accent?: string;
  position?: "bottom-right" | "bottom-left";
  greeting?: string;
  /** `en`, `de` or `fr`; the page's language by default. */
  lang?: string;
  /** Show the conversation in place instead of behind a button. */
  inline?: "";
}

declare global {
  interface HTMLElementTagNameMap {
    "citespan-ask": CitespanAsk;
  }
}
