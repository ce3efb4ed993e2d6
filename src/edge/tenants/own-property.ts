/** Property access by names that come from requests. */

/** Returns the object's own property of this name; `constructor` and other inherited names give undefined. */
export const ownProperty = <T>(object: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;
