import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { answersAgain, lastingProblem } from './again';
import { failureOf, platformChanged } from './server';

/** What a page receives of a topic; with a problem, the rest is what was known before. */
export interface ITopicEvent {
  readonly topic: string;
  readonly problem: string;
}

type Listener<T> = (event: T) => void;

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;
/** With no heartbeat for this long the connection is lost, whatever the browser thinks of it. */
const SILENCE_MS = 35_000;

/**
 * The stream of events of this page, of all topics that anything on it listens to.
 *
 * There is no stream while nothing listens, and none while the page is hidden: all tabs of a browser
 * share six connections to a server.
 */
export class EventStream {
  constructor() {
    document.addEventListener('visibilitychange', () => this._reopen());
    window.addEventListener('online', () => this._hasFailed && this._reopen());
  }

  /**
   * Listen to a platform alone, which the server refuses while it uses another; empty: to any.
   *
   * Before it is set there is no stream.
   */
  set platform(id: string) {
    if (id !== this._platform) {
      this._platform = id;
      this._reopen();
    }
  }

  /** Have the server poll what is listened to no more often than this; 0: as often as it likes. */
  set leastWait_s(seconds: number) {
    if (seconds !== this._leastWait_s) {
      this._leastWait_s = seconds;
      this._reopen();
    }
  }

  /** Listen to a topic; the first event has all that is known of it. */
  listen<T extends ITopicEvent>(topic: string, listener: Listener<T>): IDisposable {
    const listeners = this._listeners.get(topic) ?? new Set();
    this._listeners.set(topic, listeners.add(listener as Listener<any>));
    this._reopen();
    return new DisposableDelegate(() => {
      listeners.delete(listener as Listener<any>);
      if (!listeners.size && this._listeners.get(topic) === listeners) {
        this._listeners.delete(topic);
        this._reopen();
      }
    });
  }

  /** Open the stream anew, for the topics of now; once for all changes of this moment. */
  private _reopen(): void {
    if (!this._isPlanned) {
      this._isPlanned = true;
      queueMicrotask(() => {
        this._isPlanned = false;
        this._open?.abort();
        this._open = null;
        window.clearTimeout(this._again);
        if (this._listeners.size && !document.hidden && this._platform !== null) {
          void this._follow();
        }
      });
    }
  }

  private async _follow(): Promise<void> {
    const open = (this._open = new AbortController());
    let problem = 'The Jupyter server has ended the connection; it is opened again.';
    try {
      await this._read(open);
    } catch (reason) {
      problem = lastingProblem(reason);
    }
    if (this._open !== open) {
      return; // another one was opened
    }
    this._hasFailed = true;
    for (const [topic, listeners] of this._listeners) {
      listeners.forEach(listener => listener({ topic, problem }));
    }
    this._again = window.setTimeout(() => this._reopen(), this._wait_ms);
    this._wait_ms = Math.min(2 * this._wait_ms, MAX_WAIT_MS);
  }

  private async _read(open: AbortController): Promise<void> {
    const settings = ServerConnection.makeSettings();
    const query = new URLSearchParams([...this._listeners.keys()].map(topic => ['topic', topic]));
    query.set('wait', String(this._leastWait_s));
    if (this._platform) {
      query.set('platform', this._platform);
    }
    const url = `${URLExt.join(settings.baseUrl, 'civis-nb', 'events')}?${query.toString()}`;
    const init: RequestInit = { signal: open.signal, cache: 'no-store' };
    const response = await ServerConnection.makeRequest(url, init, settings);
    if (response.status === 409) {
      platformChanged.emit();
      throw new Error('The Jupyter server uses another platform now.');
    }
    if (!response.ok || !response.body) {
      throw await failureOf(response);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      let silenceTimer = 0;
      const late = new Promise<never>((_, reject) => {
        silenceTimer = window.setTimeout(
          () => reject(new Error('The Jupyter server is silent; the connection is opened again.')),
          SILENCE_MS
        );
      });
      const { done, value } = await Promise.race([reader.read(), late]).finally(() =>
        window.clearTimeout(silenceTimer)
      );
      if (done || this._open !== open) {
        open.abort();
        return;
      }
      this._wait_ms = FIRST_WAIT_MS;
      if (this._hasFailed) {
        this._hasFailed = false;
        answersAgain.emit();
      }
      const blocks = (text + value).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks.filter(one => one.startsWith('data: '))) {
        const event = JSON.parse(block.slice(6)) as ITopicEvent;
        const isBack = this._failed.delete(event.topic) && !event.problem;
        if (event.problem) {
          this._failed.add(event.topic);
        } else if (isBack) {
          answersAgain.emit();
        }
        this._listeners.get(event.topic)?.forEach(listener => listener(event));
      }
    }
  }

  private readonly _listeners = new Map<string, Set<Listener<any>>>();
  /** The topics of which the platform did not tell last. */
  private readonly _failed = new Set<string>();
  private _open: AbortController | null = null;
  private _hasFailed = false;
  private _isPlanned = false;
  private _again = 0;
  private _platform: string | null = null;
  private _wait_ms = FIRST_WAIT_MS;
  private _leastWait_s = 0;
}

/** The stream of this page. */
export const IEventStream = new Token<EventStream>('civis-nb:IEventStream');
