import { Signal } from '@lumino/signaling';
import { isSilence, PlatformError, problemOf } from './server';

const FIRST_WAIT_MS = 2000;
const MAX_WAIT_MS = 30_000;

/** With what the text of a problem ends that is tried again by itself. */
export const GOES_ON = 'This goes on when it is back.';

/** Emitted when the server, or the platform behind it, answers again after it did not. */
export const answersAgain = new Signal<object, void>({});

/** Return whether something failed as nobody answered: it may succeed by itself later. */
export function mayPass(reason: unknown): boolean {
  return isSilence(reason) || (reason instanceof PlatformError && reason.isPassing);
}

/** Return the text of what something has failed with that is tried again by itself where it may pass. */
export function lastingProblem(reason: unknown): string {
  if (isSilence(reason)) {
    return 'The Jupyter server does not answer. Check that it is running; this goes on when it is back.';
  }
  return mayPass(reason) ? `${problemOf(reason)} ${GOES_ON}` : problemOf(reason);
}

/**
 * Does something again that failed as nobody answered, ever more rarely, until it succeeds.
 *
 * It is done at once when the server is heard of, when the network is back, and when somebody looks
 * again; never while nobody looks.
 */
export class Again {
  /**
   * @param work - What is done; it calls `later` or `end`.
   * @param isSeen - Returns whether anybody looks at what it is for.
   */
  constructor(
    private readonly work: () => void,
    private readonly isSeen: () => boolean
  ) {}

  /** Do it again after a while. */
  later(): void {
    this._wait(this._wait_ms);
    this._wait_ms = Math.min(2 * this._wait_ms, MAX_WAIT_MS);
  }

  /** Do it now, if it waits to be done again and anybody looks. */
  now(): void {
    if (this._isWaiting && this._isSeenNow) {
      this._stop();
      this.work();
    }
  }

  /** Do it no more: it has succeeded, or is for nothing. */
  end(): void {
    this._stop();
    this._wait_ms = FIRST_WAIT_MS;
  }

  handleEvent(): void {
    this.now();
  }

  private get _isSeenNow(): boolean {
    return this.isSeen() && !document.hidden;
  }

  private _wait(wait_ms: number): void {
    this._stop();
    this._isWaiting = true;
    answersAgain.connect(this.now, this);
    window.addEventListener('online', this);
    document.addEventListener('visibilitychange', this);
    this._timer = window.setTimeout(() => {
      if (this._isSeenNow) {
        this.now();
      } else {
        this._wait(wait_ms);
      }
    }, wait_ms);
  }

  private _stop(): void {
    window.clearTimeout(this._timer);
    this._isWaiting = false;
    answersAgain.disconnect(this.now, this);
    window.removeEventListener('online', this);
    document.removeEventListener('visibilitychange', this);
  }

  private _timer = 0;
  private _wait_ms = FIRST_WAIT_MS;
  private _isWaiting = false;
}
