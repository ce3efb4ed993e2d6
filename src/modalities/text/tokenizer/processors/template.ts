/** TemplateProcessing: special tokens around and between one or two texts, as a list says. */
import { WhylightError } from '../../../../core/errors.ts';
import { type Draft, specialDraft } from '../encoding.ts';
import { asArray, asIndex, asObject, asString, type JsonObject } from '../json.ts';
import type { Processor } from './processor-type.ts';

interface SpecialToken {
  ids: number[];
  tokens: string[];
}

type Part = { sequence: 0 | 1; typeId: number } | { special: SpecialToken; typeId: number };

export function readTemplate(json: JsonObject, where: string): Processor {
  const specials = readSpecialTokens(json.special_tokens, `${where}.special_tokens`);
  const single = readParts(json.single, specials, `${where}.single`);
  const pair = readParts(json.pair, specials, `${where}.pair`);
  const added = (parts: Part[]): number =>
    parts.reduce((sum, part) => sum + ('special' in part ? part.special.ids.length : 0), 0);
  return {
    addedTokens: (isPair) => added(isPair ? pair : single),
    process: (drafts, addSpecialTokens) =>
      (drafts.length > 1 ? pair : single).flatMap((part): Draft[] => {
        if ('special' in part) {
          return addSpecialTokens ? [specialDraft(part.special.ids, part.special.tokens, part.typeId)] : [];
        }
        const draft = drafts[part.sequence];
        if (!draft)
          throw new WhylightError('invalid_config', `${where}.single names the second text; use it in pair only.`);
        return [{ ...draft, typeIds: draft.ids.map(() => part.typeId) }];
      }),
  };
}

function readSpecialTokens(json: unknown, where: string): Map<string, SpecialToken> {
  const entries = Object.entries(asObject(json ?? {}, where)).map(([name, value]): [string, SpecialToken] => {
    const { ids, tokens } = asObject(value, `${where}.${name}`);
    return [
      name,
      {
        ids: asArray(ids, `${where}.${name}.ids`).map((id) => asIndex(id, `${where}.${name}.ids`)),
        tokens: asArray(tokens, `${where}.${name}.tokens`).map((token) => asString(token, `${where}.${name}.tokens`)),
      },
    ];
  });
  return new Map(entries);
}

function readParts(json: unknown, specials: Map<string, SpecialToken>, where: string): Part[] {
  return asArray(json, where).map((entry, i): Part => {
    const { Sequence: sequence, SpecialToken: special } = asObject(entry, `${where}[${i}]`);
    const { id, type_id } = asObject(sequence ?? special, `${where}[${i}]`);
    const typeId = asIndex(type_id ?? 0, `${where}[${i}].type_id`);
    const name = asString(id, `${where}[${i}].id`);
    if (sequence !== undefined) return { sequence: name === 'A' ? 0 : 1, typeId };
    const found = specials.get(name);
    if (!found) {
      throw new WhylightError(
        'invalid_config',
        `${where}[${i}] names ${JSON.stringify(name)}, which special_tokens does not have.`,
      );
    }
    return { special: found, typeId };
  });
}
