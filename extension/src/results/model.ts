type Listener = (...args: any[]) => void;

/** Answers a request of a view; what it throws is shown there. */
export type Answer = (kind: string, request: Record<string, any>) => Record<string, unknown>;

/** What a view needs of a widget's model, without a kernel: traits, and answers to requests. */
export class LocalModel {
  /**
   * @param traits - The state of the view.
   * @param answer - What answers its requests.
   */
  constructor(
    private readonly traits: Record<string, unknown>,
    private readonly answer: Answer
  ) {}

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

  /** Answer a request: with a message of the same id, as civis_nb/widgets/base.py does. */
  send({ id, kind, ...request }: { id: string; kind: string }): void {
    queueMicrotask(() => {
      let fields: Record<string, unknown>;
      try {
        fields = this.answer(kind, request);
      } catch (error) {
        fields = { error: error instanceof Error ? error.message : String(error) };
      }
      this._emit('msg:custom', { id, ...fields }, []);
    });
  }

  private _emit(event: string, ...args: unknown[]): void {
    for (const listener of this._listeners.get(event) ?? []) {
      listener(...args);
    }
  }

  private readonly _listeners = new Map<string, Listener[]>();
}
