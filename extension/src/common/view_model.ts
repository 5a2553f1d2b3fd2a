import { problemOf } from './server';

type Listener = (...args: any[]) => void;
type Fields = Record<string, unknown>;

/** What a view of civis_nb/widgets/static needs of a widget's model, without a kernel. */
export abstract class ViewModel {
  /** @param traits - The state of the view. */
  constructor(private readonly traits: Fields) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  set(name: string, value: unknown): void {
    this.traits[name] = value;
    this._emit(`change:${name}`);
  }

  /** There is nobody to send them to. */
  save_changes(): void {}

  on(event: string, listener: Listener): void {
    this._listeners.set(event, [...(this._listeners.get(event) ?? []), listener]);
  }

  off(event: string, listener: Listener): void {
    const others = (this._listeners.get(event) ?? []).filter(one => one !== listener);
    this._listeners.set(event, others);
  }

  /** Answer a request of the view: with a message of the same id, as civis_nb/widgets/base.py does. */
  send({ id, kind, ...request }: { id: string; kind: string }): void {
    const answer = async () => this.answer(kind, request);
    answer().then(
      ({ buffers, ...fields }) => this._emit('msg:custom', { id, ...fields }, buffers ?? []),
      reason => this._emit('msg:custom', { id, error: problemOf(reason) }, [])
    );
  }

  /** Return the answer to a request; what it throws is shown in the view. */
  protected abstract answer(kind: string, request: Record<string, any>): Fields | Promise<Fields>;

  private _emit(event: string, ...args: unknown[]): void {
    for (const listener of this._listeners.get(event) ?? []) {
      listener(...args);
    }
  }

  private readonly _listeners = new Map<string, Listener[]>();
}
