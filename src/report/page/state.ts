/** Choices that a reader of the report makes; components that read a signal follow it. */
import { signal } from '@preact/signals';
import type { PageRecord, ReportData } from '../page-data.ts';

/** Choice of images in the gallery. */
export interface Filter {
  /** True and predicted class; empty for any. */
  readonly truth: string;
  readonly said: string;
  readonly only: '' | 'wrong' | 'right';
  /** A group of images that are explained alike. */
  readonly members?: ReadonlySet<PageRecord>;
}

export const ALL: Filter = { truth: '', said: '', only: '' };

const chosen = signal<string | undefined>(undefined);
export const opacity = signal(0.75);
export const filter = signal<Filter>(ALL);
/** The image that the dialog shows. */
export const opened = signal<PageRecord | undefined>(undefined);

/** Ids of the report's methods, the leading one first. */
export const methodsOf = ({ summary }: Pick<ReportData, 'summary'>): string[] => Object.keys(summary.methods);

/** Method whose maps are shown. */
export const methodOf = (data: ReportData): string => chosen.value ?? methodsOf(data)[0] ?? '';

export const chooseMethod = (id: string): void => {
  chosen.value = id;
};

/** Shows some images only, and goes there. */
export function showImages(wanted: Partial<Filter>): void {
  filter.value = { ...ALL, ...wanted };
  document.getElementById('images')?.scrollIntoView();
}

export const isWrong = ({ truth, said }: PageRecord): boolean => truth !== undefined && truth !== said;
