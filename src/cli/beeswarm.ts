/** `--beeswarm`: the rows of a table in one drawing. */

import { extname } from 'node:path';
import { counted } from '../core/counted.ts';
import { targetName } from '../core/explainer/draw-row.ts';
import { beeswarm, type SwarmRow } from '../core/modality/beeswarm.ts';
import { escapeXml } from '../core/modality/svg.ts';
import type { Outcome } from '../library/outcome.ts';
import { writeBytes } from '../node/files.ts';
import { UsageError } from './arguments.ts';

/** Collects explained rows and draws them together. */
export class Beeswarm {
  private readonly path: string;
  private readonly rows: SwarmRow[] = [];
  private readonly targets = new Set<string>();

  /** @throws UsageError for a file that ends in neither .svg nor .html */
  constructor(path: string) {
    if (!['.svg', '.html'].includes(extname(path).toLowerCase())) {
      throw new UsageError(`--beeswarm takes a file that ends in .svg or .html, not "${path}".`);
    }
    this.path = path;
  }

  /** @throws UsageError for a row without features, such as an image */
  add({ row, subject }: Outcome): void {
    const features = subject.prepared?.features.list;
    if (!features || !row.features) throw new UsageError('--beeswarm draws rows with named features: give a table.');
    this.rows.push({ features, values: row.features.map(({ value }) => value) });
    this.targets.add(targetName(row.target));
  }

  /** Writes the drawing. @returns a sentence about it @throws UsageError where the rows have several targets */
  async write(): Promise<string> {
    const [target = '', ...others] = this.targets;
    if (others.length > 0) {
      const names = [...this.targets].join(', ');
      throw new UsageError(
        `--beeswarm draws rows of one target, but these have several (${names}): choose one with --target.`,
      );
    }
    const drawn = beeswarm(target, this.rows);
    const isPage = extname(this.path).toLowerCase() === '.html';
    await writeBytes(
      this.path,
      isPage ? `<!doctype html><meta charset="utf-8"><title>${escapeXml(target)}</title>${drawn}` : drawn,
    );
    return `${counted(this.rows.length, 'row')} drawn to ${this.path}.`;
  }
}
