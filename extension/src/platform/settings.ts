import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Token } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';

/** The id of the plugin whose schema has the settings of the whole extension. */
export const SETTINGS_ID = 'civis-nb:plugin';

/** The settings of the extension, as extension/schema/plugin.json describes them. */
export interface ISettings {
  showStatus: boolean;
  startLocalPlatform: boolean;
  sqlColours: boolean;
  sqlCompletion: boolean;
  /** The shortest time between two polls of jobs and runs, in seconds; 0: as it suits them. */
  pollInterval: number;
}

export const DEFAULTS: ISettings = {
  showStatus: true,
  startLocalPlatform: false,
  sqlColours: true,
  sqlCompletion: true,
  pollInterval: 0
};

/** The longest that can be set; civis_nb/lab/events.py takes no longer one. */
const MOST_S = 600;

const CHECKS: Partial<Record<keyof ISettings, (value: any) => boolean>> = {
  pollInterval: value => value >= 0 && value <= MOST_S
};

/** Return the settings in force; what is none of a setting's values is left at its default. */
export function settingsOf(found: Pick<ISettingRegistry.ISettings, 'composite'> | null): ISettings {
  const names = Object.keys(DEFAULTS) as (keyof ISettings)[];
  const given = names.flatMap(name => {
    const one = found?.composite[name];
    const isValid = typeof one === typeof DEFAULTS[name] && (CHECKS[name]?.(one) ?? true);
    return isValid ? [[name, one]] : [];
  });
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}

/** The settings in force, and that they have changed. */
export class SettingsModel {
  /** @param registry - JupyterLab's; null where there is none, and the defaults are in force. */
  constructor(registry: ISettingRegistry | null) {
    this.ready = this._load(registry);
  }

  /** Done when the settings of the user are known. */
  readonly ready: Promise<void>;

  get value(): ISettings {
    return this._value;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Do something with the settings of now, and again whenever they change. */
  follow(apply: (settings: ISettings) => void): void {
    this._changed.connect(() => apply(this._value));
    apply(this._value);
  }

  private async _load(registry: ISettingRegistry | null): Promise<void> {
    let found: ISettingRegistry.ISettings | null = null;
    try {
      found = (await registry?.load(SETTINGS_ID)) ?? null;
    } catch (error) {
      console.warn('civis-nb: the settings could not be read; the defaults are in force.', error);
    }
    const take = () => {
      this._value = settingsOf(found);
      this._changed.emit();
    };
    found?.changed.connect(take);
    take();
  }

  private _value = DEFAULTS;
  private readonly _changed = new Signal<this, void>(this);
}

export const ISettingsModel = new Token<SettingsModel>('civis-nb:ISettingsModel');
