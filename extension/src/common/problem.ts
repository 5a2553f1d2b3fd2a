/** A button below the text of a problem. */
export interface IRemedy {
  readonly label: string;
  run(): void;
}

/** Return the element of a problem, hidden. */
export function problemElement(): HTMLElement {
  const result = document.createElement('div');
  result.className = 'civis-List-problem';
  result.setAttribute('role', 'alert');
  result.hidden = true;
  return result;
}

/**
 * Show a problem in its element, with buttons for what helps; hide it for an empty text.
 *
 * One that is shown already stays with its buttons, whose labels tell what they do: it would be read
 * aloud again. After a button is pressed another text stands there, so that what the press leads to
 * is read, also where it is the same problem.
 */
export function fillProblem(element: HTMLElement, text: string, remedies: readonly IRemedy[]): void {
  element.hidden = !text;
  const known = [...element.children].map(one => one.textContent);
  const words = text ? [text, ...remedies.map(({ label }) => label)] : [];
  if (words.join('\n') === known.join('\n')) {
    return;
  }
  if (text && words.slice(1).join('\n') === known.slice(1).join('\n') && known.length) {
    // The buttons stay, and the focus on them.
    element.children[0].textContent = text;
    return;
  }
  const message = document.createElement('div');
  message.textContent = text;
  const buttons = remedies.map(({ label, run }) => {
    const button = document.createElement('button');
    button.className = 'jp-mod-styled jp-mod-minimal civis-List-remedy';
    button.textContent = label;
    button.addEventListener('click', () => {
      message.textContent = 'One moment …';
      run();
    });
    return button;
  });
  element.replaceChildren(...(text ? [message, ...buttons] : []));
}
