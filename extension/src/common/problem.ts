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

/** Show a problem in its element, with buttons for what helps; hide it for an empty text. */
export function fillProblem(element: HTMLElement, text: string, remedies: readonly IRemedy[]): void {
  element.hidden = !text;
  const message = document.createElement('div');
  message.textContent = text;
  const buttons = remedies.map(({ label, run }) => {
    const button = document.createElement('button');
    button.className = 'jp-mod-styled jp-mod-minimal civis-List-remedy';
    button.textContent = label;
    button.addEventListener('click', run);
    return button;
  });
  element.replaceChildren(...(text ? [message, ...buttons] : []));
}
