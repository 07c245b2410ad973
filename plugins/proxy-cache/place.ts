// Where the responses to a request are kept.
import type { Store } from "@sluice/plugin-sdk";

import type { Settings } from "./settings.ts";

export interface Place {
  readonly store: Store;
  readonly settings: Settings;
  /** The key without what Vary names. */
  readonly primary: string;
}
