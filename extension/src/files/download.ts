import { contentUrl, IFile } from './api';

/** A download that has not begun after this long is none. */
const LONGEST_WAIT_MS = 600_000;

/**
 * Have the browser save a file, of any size.
 *
 * @param file - The file.
 * @param failed - Called with the reason where there is nothing to save.
 */
export function download(file: IFile, failed: (reason: string) => void): void {
  // A frame stays empty while the browser saves what it is sent to; it shows what else comes.
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = 'Download';
  frame.setAttribute('sandbox', 'allow-downloads allow-same-origin');
  frame.src = contentUrl(file);
  const end = () => {
    window.clearTimeout(late);
    frame.remove();
  };
  const late = window.setTimeout(end, LONGEST_WAIT_MS);
  frame.addEventListener('load', () => {
    failed(problemIn(frame));
    end();
  });
  document.body.append(frame);
}

/** Return what the server says instead of sending a file. */
function problemIn(frame: HTMLIFrameElement): string {
  try {
    // null: the page of the browser itself, that nobody has answered.
    const answer = JSON.parse(frame.contentDocument?.body.textContent ?? 'null');
    return String(answer?.problem ?? answer?.message ?? 'The Jupyter server does not answer.');
  } catch {
    return 'The Jupyter server has sent another page: load this one again, which has you log in.';
  }
}
