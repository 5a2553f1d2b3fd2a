import { ViewModel } from '../common/view_model';

/** Answers a request of a view; what it throws is shown there. */
export type Answer = (kind: string, request: Record<string, any>) => Record<string, unknown>;

/** The model of a view of what a notebook has kept. */
export class LocalModel extends ViewModel {
  /**
   * @param traits - The state of the view.
   * @param answer - What answers its requests.
   */
  constructor(
    traits: Record<string, unknown>,
    protected readonly answer: Answer
  ) {
    super(traits);
  }
}
