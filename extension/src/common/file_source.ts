const DROPS = ['dragenter', 'dragover', 'dragleave', 'drop'] as const;

/** Takes files that are dropped on an element, or chosen in the browser's dialog. */
export class FileSource {
  /**
   * @param node - The element that files are dropped on.
   * @param accept - The endings that the dialog offers, as an input has them; empty for all.
   * @param take - Called with the files.
   */
  constructor(
    private readonly node: HTMLElement,
    accept: string,
    private readonly take: (files: File[]) => void
  ) {
    this.input = document.createElement('input');
    this.input.type = 'file';
    this.input.multiple = true;
    this.input.accept = accept;
    this.input.hidden = true;
    this.input.setAttribute('aria-label', 'Files to upload');
    this.input.addEventListener('change', () => {
      take([...(this.input.files ?? [])]);
      this.input.value = '';
    });
  }

  /** The hidden input, which stands somewhere in the page. */
  readonly input: HTMLInputElement;

  /** Open the dialog of the browser. */
  choose(): void {
    this.input.click();
  }

  /** Take what is dropped from now on. */
  attach(): void {
    DROPS.forEach(type => this.node.addEventListener(type, this));
  }

  detach(): void {
    DROPS.forEach(type => this.node.removeEventListener(type, this));
  }

  handleEvent(event: DragEvent): void {
    // Files alone: what JupyterLab drags has another way.
    if (!event.dataTransfer?.types.includes('Files')) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (event.type === 'dragenter') {
      this._entered += 1;
    } else if (event.type === 'dragleave') {
      this._entered -= 1;
    } else if (event.type === 'drop') {
      this._entered = 0;
      this.take([...event.dataTransfer.files]);
    } else {
      event.dataTransfer.dropEffect = 'copy';
    }
    this.node.classList.toggle('civis-mod-drop', this._entered > 0);
  }

  private _entered = 0;
}
