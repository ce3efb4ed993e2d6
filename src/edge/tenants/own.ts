/** The member of this name, if the object has it itself: names come from requests, and `constructor` is one. */
export const own = <T>(object: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;
