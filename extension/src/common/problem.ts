import { GOES_ON } from './again';

/** A button below the text of a problem. */
export interface IRemedy {
  readonly label: string;
  run(): void;
}

/** What is longer than this needs half of a narrow panel. */
const LONG = 150;

/**
 * Return a problem in short, and what more there is to it.
 *
 * Of one that passes by itself what has happened is enough; what else helps is a click away. Of all
 * others nothing is hidden: it says what to do.
 */
export function partsOf(text: string): [short: string, more: string] {
  const [first, ...others] = text.split(/(?<=[.?!])\s+(?=\S)/);
  if (text.length <= LONG || others.length < 2 || others.pop() !== GOES_ON) {
    return [text, ''];
  }
  return [`${first} ${GOES_ON}`, others.join(' ')];
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
  const known = [...element.querySelectorAll('button')].map(one => one.textContent);
  const labels = remedies.map(({ label }) => label);
  const shown = element.firstElementChild as HTMLElement | null;
  if ((shown?.dataset.text ?? '') === text && (!text || labels.join('\n') === known.join('\n'))) {
    return;
  }
  if (text && shown && labels.join('\n') === known.join('\n')) {
    // The buttons stay, and the focus on them.
    fillMessage(shown, text);
    return;
  }
  const message = document.createElement('div');
  fillMessage(message, text);
  const buttons = remedies.map(({ label, run }) => {
    const button = document.createElement('button');
    button.className = 'jp-mod-styled jp-mod-minimal civis-List-remedy';
    button.textContent = label;
    button.addEventListener('click', () => {
      fillMessage(message, 'One moment …');
      run();
    });
    return button;
  });
  element.replaceChildren(...(text ? [message, ...buttons] : []));
}

function fillMessage(message: HTMLElement, text: string): void {
  const [short, more] = partsOf(text);
  message.dataset.text = text;
  message.textContent = short;
  if (more) {
    const details = document.createElement('details');
    const summary = document.createElement('summary');
    summary.textContent = 'More';
    details.append(summary, more);
    message.append(details);
  }
}
