/** Models that the user brought, by key. They stay in the page. */
import type { BrowserModel } from './browser/client.ts';

export const ownFiles = new Map<string, BrowserModel>();
