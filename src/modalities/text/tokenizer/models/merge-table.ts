/**
 * The merges of BPE: from a pair of ids to the rank of their merge and the id that they become. A hash table in typed
 * arrays: a Map with numbers above 2^31 as keys takes five times the memory.
 */
export class MergeTable {
  private readonly mask: number;
  /** Four numbers a slot: left id, right id, rank, merged id. A left id of -1 is an empty slot. */
  private readonly slots: Int32Array;

  /** @param capacity number of merges that will be set at most */
  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, capacity * 2)));
    this.mask = size - 1;
    this.slots = new Int32Array(4 * size).fill(-1);
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  /** The merge of a pair; the later of two calls with one pair holds. */
  set(left: number, right: number, rank: number, merged: number): void {
    this.slots.set([left, right, rank, merged], this.slotOf(left, right));
  }

  /** Rank of the merge of a pair, or -1. */
  rank(left: number, right: number): number {
    return this.slots[this.slotOf(left, right) + 2] as number;
  }

  /** Id that a pair becomes, or -1. */
  merged(left: number, right: number): number {
    return this.slots[this.slotOf(left, right) + 3] as number;
  }

  /** Index of the slot of a pair, or of the empty slot where it belongs. */
  private slotOf(left: number, right: number): number {
    const { slots, mask } = this;
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    while (slots[4 * slot] !== -1 && (slots[4 * slot] !== left || slots[4 * slot + 1] !== right)) {
      slot = (slot + 1) & mask;
    }
    return 4 * slot;
  }
}
