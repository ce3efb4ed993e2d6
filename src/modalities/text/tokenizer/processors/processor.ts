/** Builds the post-processor of a tokenizer from its description: it puts special tokens around the texts. */
import { type Draft, joinDrafts, specialDraft } from '../encoding.ts';
import { asArray, asIndex, asObject, asString, booleanOr, type JsonObject, readerOf, unsupported } from '../json.ts';
import type { Processor } from './processor-type.ts';
import { readTemplate } from './template.ts';
import { trimOffsets } from './trim-offsets.ts';

const READERS: Readonly<Record<string, (json: JsonObject, where: string) => Processor>> = {
  BertProcessing: readBert,
  ByteLevel: readByteLevel,
  RobertaProcessing: readRoberta,
  Sequence: readSequence,
  TemplateProcessing: readTemplate,
};

/** The post-processor that `json` describes; one that adds nothing where it is null or missing. */
export function readProcessor(json: unknown, where = 'post_processor'): Processor {
  if (json === undefined || json === null) return { addedTokens: () => 0, process: (drafts) => drafts };
  const description = asObject(json, where);
  const reader = readerOf(READERS, asString(description.type, `${where}.type`));
  if (!reader) throw unsupported(where, description.type, Object.keys(READERS));
  return reader(description, where);
}

function readSequence(json: JsonObject, where: string): Processor {
  const steps = asArray(json.processors, `${where}.processors`).map((step, i) =>
    readProcessor(step, `${where}.processors[${i}]`),
  );
  return {
    addedTokens: (isPair) => steps.reduce((sum, step) => sum + step.addedTokens(isPair), 0),
    process: (drafts, addSpecialTokens) =>
      steps.reduce((current, step) => step.process(current, addSpecialTokens), drafts),
  };
}

function readByteLevel(json: JsonObject, where: string): Processor {
  const trim = booleanOr(json.trim_offsets, true, `${where}.trim_offsets`);
  const addPrefixSpace = booleanOr(json.add_prefix_space, true, `${where}.add_prefix_space`);
  return {
    addedTokens: () => 0,
    process: (drafts) => (trim ? drafts.map((draft) => trimOffsets(draft, addPrefixSpace)) : drafts),
  };
}

/** `[CLS] A [SEP] B [SEP]`, the second part of type 1. */
function readBert(json: JsonObject, where: string): Processor {
  const { cls, sep } = readEnds(json, where);
  return {
    addedTokens: (isPair) => (isPair ? 3 : 2),
    process: (drafts, addSpecialTokens) =>
      addSpecialTokens
        ? drafts.map((draft, i) => (i === 0 ? enclose(cls(0), draft, sep(0)) : joinDrafts(draft, sep(1))))
        : drafts,
  };
}

/** `<s> A </s></s> B </s>`, all of type 0. */
function readRoberta(json: JsonObject, where: string): Processor {
  const { cls, sep } = readEnds(json, where);
  const trim = booleanOr(json.trim_offsets, true, `${where}.trim_offsets`);
  const addPrefixSpace = booleanOr(json.add_prefix_space, true, `${where}.add_prefix_space`);
  return {
    addedTokens: (isPair) => (isPair ? 4 : 2),
    process: (drafts, addSpecialTokens) =>
      drafts.map((draft, i) => {
        const trimmed = trim ? trimOffsets(draft, addPrefixSpace) : draft;
        if (!addSpecialTokens) return withTypeZero(trimmed, false);
        return enclose(i === 0 ? cls(0) : sep(0), withTypeZero(trimmed, true), sep(0));
      }),
  };
}

function withTypeZero(draft: Draft, windowsToo: boolean): Draft {
  const overflowing = windowsToo ? draft.overflowing.map((window) => withTypeZero(window, true)) : draft.overflowing;
  return { ...draft, typeIds: draft.ids.map(() => 0), overflowing };
}

const enclose = (before: Draft, draft: Draft, after: Draft): Draft => joinDrafts(joinDrafts(before, draft), after);

type MakeSpecial = (typeId: number) => Draft;

function readEnds(json: JsonObject, where: string): { cls: MakeSpecial; sep: MakeSpecial } {
  const read = (name: 'cls' | 'sep'): MakeSpecial => {
    const [token, id] = asArray(json[name], `${where}.${name}`);
    const ids = [asIndex(id, `${where}.${name}[1]`)];
    const tokens = [asString(token, `${where}.${name}[0]`)];
    return (typeId) => specialDraft(ids, tokens, typeId);
  };
  return { cls: read('cls'), sep: read('sep') };
}
