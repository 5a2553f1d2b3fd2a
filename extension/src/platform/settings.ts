import type { ISettingRegistry } from '@jupyterlab/settingregistry';

/** The id of the plugin whose schema has the settings of the whole extension. */
export const SETTINGS_ID = 'civis-nb:plugin';

/** The settings of the extension, as extension/schema/plugin.json describes them. */
export interface ISettings {
  showStatus: boolean;
  startLocalPlatform: boolean;
}

const DEFAULTS: ISettings = { showStatus: true, startLocalPlatform: false };

/** Return the settings in force; what is of a wrong type is left at its default. */
export function settingsOf(found: Pick<ISettingRegistry.ISettings, 'composite'> | null): ISettings {
  const value = (name: keyof ISettings) => {
    const one = found?.composite[name];
    return typeof one === 'boolean' ? one : DEFAULTS[name];
  };
  return { showStatus: value('showStatus'), startLocalPlatform: value('startLocalPlatform') };
}
