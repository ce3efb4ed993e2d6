/** Columns of a model of tables, and rows of them. */
import { type TableColumn, tableColumns } from '../modalities/tabular/columns.ts';
import { parseTabularSettings } from '../modalities/tabular/settings.ts';
import type { ModelInfo } from './api.ts';

export type Cell = number | string | null;

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, Cell>>;

/** @throws WhylightError `invalid_config`, `unprocessable_method` */
export const tableColumnsOf = ({ facts, modalities }: ModelInfo): TableColumn[] =>
  tableColumns(facts.inputs, parseTabularSettings(modalities?.tabular));
