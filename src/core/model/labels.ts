/** Class names, and the way from a name to a class. */
import { nearest, WhylightError } from '../errors.ts';

export class Labels {
  /** Name of each class. */
  readonly names: readonly string[];
  /** Class k is element k + offset of the model's output. */
  readonly offset: number;
  private readonly classes = new Map<string, Set<number>>();

  constructor(names: readonly string[], offset = 0) {
    this.names = names;
    this.offset = offset;
    for (const [index, name] of names.entries()) {
      for (const key of [name, ...name.split(',')].map(normal)) {
        const known = this.classes.get(key);
        if (known) known.add(index);
        else this.classes.set(key, new Set([index]));
      }
    }
  }

  /** Name of the class at this element of the output. */
  at(output: number): string | undefined {
    return this.names[output - this.offset];
  }

  /**
   * The class of this name or synonym, whatever the case; undefined when there is none.
   * @throws WhylightError `label_not_found` when several classes have the name.
   */
  find(name: string): number | undefined {
    const classes = [...(this.classes.get(normal(name)) ?? [])];
    if (classes.length <= 1) return classes[0];
    throw new WhylightError(
      'label_not_found',
      `"${name}" names the classes ${classes.join(' and ')}: give the index.`,
      {
        label: name,
        classes,
      },
    );
  }

  nearest(name: string): string[] {
    return nearest(normal(name), this.classes.keys());
  }
}

const normal = (name: string): string => name.trim().toLowerCase();
