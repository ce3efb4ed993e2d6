/** Protection of the language's own prototypes against plugins that share the isolate. */

/** Objects of these are passed around and not used as bases, so that their prototypes can be frozen. */
const FROZEN = [
  ...['Array', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Promise', 'String', 'Number', 'Boolean', 'BigInt', 'Symbol'],
  ...['ArrayBuffer', 'DataView', 'RegExp', 'Date', 'Float32Array', 'Float64Array', 'Int8Array', 'Int16Array'],
  ...['Int32Array', 'Uint8Array', 'Uint8ClampedArray', 'Uint16Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array'],
];

/**
 * Libraries set members of these on objects that inherit from them (`error.name = ...`), which a frozen prototype would
 * refuse; so these only take no further members.
 */
const CLOSED = ['Object', 'Function', 'Error'];

/**
 * Freezes the prototypes of built-in classes, and closes those of Object, Function and Error to further members: one
 * enumerable member on `Object.prototype` breaks every later request. Call it at start, once everything that patches
 * built-ins has been loaded.
 * @param scope global object; that of this program when left out
 */
export function hardenBuiltIns(scope: object = globalThis): void {
  const prototypes = (names: readonly string[]): object[] =>
    names
      .map((name) => (scope as Record<string, { prototype?: object } | undefined>)[name]?.prototype)
      // Array.prototype is an array itself: nothing may flatten this list.
      .filter((prototype) => prototype !== undefined);
  for (const prototype of prototypes(FROZEN)) Object.freeze(prototype);
  for (const prototype of prototypes(CLOSED)) Object.preventExtensions(prototype);
}
