/** What the extension shares with the views of civis_nb/widgets/static, which are plain ES modules. */
declare module '*/widgets/static/common.js' {
  /** Return the outer element of a view: keys that are typed in it are its own. */
  export function root(el: HTMLElement, name: string): HTMLElement;

  /** Set an element's text; one that stays is not touched. */
  export function setText(node: HTMLElement, text: string): void;

  /** Return a text with characters that can't be seen, or that deceive, written as escapes. */
  export function visible(text: string): string;
}
