// The look of the widget. A constructed sheet needs no `style-src` of the page that embeds it.

const RULES = `
:host {
  --paper: #fff; --ink: #1c1e21; --faint: #5b6067; --line: #d4d7db; --tint: #f3f4f6;
  --accent: #0b57d0; --on-accent: #fff; --wrong: #a1260d; --mark: #fff1a8;
  all: initial; color-scheme: light; font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
}
:host([theme="dark"]) {
  --paper: #17191c; --ink: #e9eaec; --faint: #a8adb4; --line: #3b3f45; --tint: #23262a;
  --accent: #a8c7fa; --on-accent: #0b1d3a; --wrong: #ffb4a6; --mark: #5c4d00; color-scheme: dark;
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) {
    --paper: #17191c; --ink: #e9eaec; --faint: #a8adb4; --line: #3b3f45; --tint: #23262a;
    --accent: #a8c7fa; --on-accent: #0b1d3a; --wrong: #ffb4a6; --mark: #5c4d00; color-scheme: dark;
  }
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
button, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
.launcher {
  position: fixed; inset: auto 20px 20px auto; z-index: 2147483000; inline-size: 56px; block-size: 56px;
  border: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent);
  box-shadow: 0 2px 10px #0005; display: grid; place-items: center;
}
:host([position="bottom-left"]) :is(.launcher, .panel) { inset-inline: auto; right: auto; left: 20px; }
.launcher svg { inline-size: 26px; block-size: 26px; fill: currentColor; }
.dot {
  position: absolute; inset: 2px 2px auto auto; inline-size: 14px; block-size: 14px; border-radius: 50%;
  background: #c5221f; border: 2px solid var(--paper);
}
.panel {
  position: fixed; inset: auto 20px 88px auto; z-index: 2147483000; inline-size: min(400px, 100vw - 40px);
  block-size: min(640px, 100dvh - 108px); background: var(--paper); border: 1px solid var(--line);
  border-radius: 12px; box-shadow: 0 6px 30px #0004; display: flex; flex-direction: column; overflow: hidden;
}
:host([inline]) { display: block; }
:host([inline]) .panel {
  position: static; inline-size: auto; block-size: 100%; min-block-size: 320px; box-shadow: none;
}
header { display: flex; gap: 4px; align-items: center; padding: 10px 10px 10px 16px; border-bottom: 1px solid var(--line); }
h2 { flex: 1; margin: 0; font-size: 16px; font-weight: 600; }
.quiet { border: 0; background: none; padding: 6px 8px; border-radius: 6px; min-block-size: 32px; }
.quiet:hover { background: var(--tint); }
.log { flex: 1; overflow: auto; overscroll-behavior: contain; padding: 16px; }
.log > :first-child { margin-block-start: 0; }
.greeting { color: var(--faint); margin: 0 0 12px; }
.question {
  margin: 16px 0 8px auto; inline-size: fit-content; max-inline-size: 85%; padding: 8px 12px; overflow-wrap: anywhere;
  border-radius: 12px 12px 2px; background: var(--accent); color: var(--on-accent); white-space: pre-wrap;
}
.answer p { margin: 0 0 8px; overflow-wrap: anywhere; white-space: pre-line; }
.working, .note, .hint { color: var(--faint); }
.note { border-inline-start: 3px solid var(--line); padding-inline-start: 10px; }
.fault { color: var(--wrong); }
.cite {
  border: 1px solid var(--line); background: var(--tint); border-radius: 6px; padding: 0 6px; margin-inline: 2px;
  font-size: 12px; line-height: 1.4; min-inline-size: 24px; min-block-size: 24px; vertical-align: baseline;
}
.cite[aria-expanded="true"] { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
h3 { font-size: 13px; font-weight: 600; color: var(--faint); margin: 12px 0 4px; }
ol { margin: 0; padding-inline-start: 24px; font-size: 14px; }
li { padding-block: 3px; overflow-wrap: anywhere; }
a { color: inherit; text-decoration-color: var(--accent); }
blockquote {
  margin: 6px 0; padding: 8px 10px; background: var(--tint); border-radius: 8px; color: var(--faint);
  white-space: pre-wrap; max-block-size: 220px; overflow: auto;
}
mark { background: var(--mark); color: var(--ink); }
form { display: flex; gap: 8px; padding: 10px; border-top: 1px solid var(--line); align-items: end; }
textarea {
  flex: 1; resize: none; min-block-size: 40px; max-block-size: 120px; field-sizing: content; padding: 8px 10px;
  border: 1px solid var(--faint); border-radius: 8px; background: var(--paper);
}
.main { border: 0; border-radius: 8px; min-block-size: 40px; padding: 0 14px; background: var(--accent); color: var(--on-accent); font-weight: 600; }
.again { border: 1px solid var(--line); border-radius: 8px; background: none; padding: 6px 12px; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 480px) {
  :host(:not([inline])) .panel { inset: 0; inline-size: auto; block-size: auto; border: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: no-preference) {
  .working { animation: waiting 1.6s ease-in-out infinite alternate; }
  @keyframes waiting { from { opacity: 1; } to { opacity: 0.75; } }
}
@media (forced-colors: active) {
  .launcher, .main, .cite, .question { border: 1px solid ButtonText; }
  mark { text-decoration: underline 2px; }
}
`;

/** Return the sheet that all widgets share. */
export const shared = (() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(RULES);
  return sheet;
})();

/** Set the accent of one widget; what is no colour changes nothing. @param {CSSStyleSheet} own @param {string | null} colour */
export function setAccent(own, colour) {
  const known = colour && CSS.supports("color", colour) && !/[;{}]/.test(colour);
  // Black or white on it, whichever has more contrast: at a luminance of 0.179 both have 4.6.
  const white = (/** @type {number} */ most) => `clamp(0, (0.179 - y) * 9999, ${most})`;
  const on = `color(from ${colour} xyz-d65 ${white(0.9505)} ${white(1)} ${white(1.089)})`;
  own.replaceSync(known ? `:host{--accent:${colour} !important;--on-accent:${on} !important}` : "");
}
