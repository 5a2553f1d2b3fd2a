/** As civis_nb/_visible.py: controls but newline and tab, bidirectional marks, what has no width. */
const UNSEEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** Return a text with characters that can't be seen, or that deceive, written as escapes. */
export function visible(text: string): string {
  return text.replace(UNSEEN, one => {
    const code = one.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
