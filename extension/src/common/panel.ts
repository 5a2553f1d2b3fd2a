import type { LabIcon } from '@jupyterlab/ui-components';

/** Return the header of a panel: its title, then what else stands in it. */
export function panelHeader(title: string, ...others: HTMLElement[]): HTMLElement {
  const header = document.createElement('div');
  header.className = 'civis-Panel-header';
  const heading = document.createElement('h2');
  heading.textContent = title;
  header.append(heading, ...others);
  return header;
}

/** Return a button of a panel's header. */
export function panelButton(label: string, icon: LabIcon, run: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'civis-Panel-button';
  made.title = label;
  made.setAttribute('aria-label', label);
  made.append(icon.element({ tag: 'span' }));
  made.addEventListener('click', run);
  return made;
}
