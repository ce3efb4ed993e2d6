/** Paths of the routes of models. A name from a person or a server must not become another path. */
import { quoted, WhylightError } from '../../core/errors.ts';
import { NAME } from '../../edge/models/model-record.ts';

/** A model, and perhaps a version of it. */
export interface NamedModel {
  readonly name: string;
  readonly version?: string;
}

/** Splits `name` or `name@version`. @throws WhylightError `invalid_request` */
export function namedModel(text: string): NamedModel {
  const at = text.indexOf('@');
  if (at < 0) return { name: checked(text) };
  return { name: checked(text.slice(0, at)), version: checked(text.slice(at + 1)) };
}

/**
 * Makes the path of a model, or of a version of it.
 * @param below path below it, such as `/files`
 * @param owner owner that is named to the server; the key's own when left out
 * @throws WhylightError `invalid_request` for a name that is none
 */
export function modelPath({ name, version }: NamedModel, below = '', owner?: string): string {
  const path = `/v2/models/${checked(name)}${version === undefined ? '' : `/versions/${checked(version)}`}${below}`;
  return owner === undefined ? path : `${path}?owner=${encodeURIComponent(owner)}`;
}

/** @throws WhylightError `invalid_request` */
function checked(name: string): string {
  if (NAME.test(name)) return name;
  const message = `${quoted(name)} is no name of a model or a version: use up to 64 letters, digits, dots, dashes and underscores, and begin with a letter or a digit.`;
  throw new WhylightError('invalid_request', message);
}
