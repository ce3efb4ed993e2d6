"""Writes the cases beside it: small tokenizers of every kind, and what Python's library makes of awkward strings.

The first line of a file is the tokenizer, each other one a case.

Needs `pip install tokenizers==0.23.3`. Training is not repeatable to the letter, so the files are what counts; run this
again only to add a tokenizer, and name it: `python make.py <name> ...`.
"""
import json
import struct
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, __version__
from tokenizers import models, normalizers as N, pre_tokenizers as P, processors as R, trainers

CORPUS = [
    "A saliency map says which words made a model answer as it did.",
    "The film was not bad at all; the ending, however, was excellent and the cast was funny.",
    "The story is about a king who cannot decide what to do, and about his daughters.",
    "It's what they'd say: don't walk, run! We've seen it, you'll like it, I'm sure.",
    "Crème brûlée, naïve café, São Paulo, Ångström and 1,234.5 metres in 2026.",
    "人工知能は言葉を読む。모델은 문장을 읽는다. Модель читает слова. Το μοντέλο διαβάζει.",
    "النموذج يقرأ الكلمات. แบบจำลองอ่านคำ. मॉडल शब्द पढ़ता है.",
] * 4

TEXTS = [
    ("plain", "The film wasn't bad, it's excellent!"),
    ("empty", ""),
    ("spaces", "  two  spaces\tand\u00a0more\r\n "),
    ("marks", "café Ångström ậ h̀́̂̃ē̅llo a\u0323\u0302"),
    ("case", "İstanbul ΣΑΣ Straße ẞ ǅ ﬁne"),
    ("scripts", "人工知能 モデル が か\u3099 한국어 \u1112\u1161\u11ab Κόσμος мир"),
    ("marked scripts", "اَلنَّصُّ แบบจำลอง शब्द \u05e9\u05c1"),
    ("emoji", "I ❤️ this 😀 film 👍🏽! 👨\u200d👩\u200d👧 🇩🇪 𝐀𝟙 𠀀"),
    ("control", "nul\x00 bell\x07 soft\u00adhyphen\ufeff\u200bzero\u2028line \ufffd"),
    ("wide", "ＡＢＣ１２３ ｶﾞ ½ ① ㎏ …"),
    ("long word", "supercalifragilistic" * 6),
    ("special", "a [MASK] b  <mask>  [SEP]</s> zork Zork1 new york!"),
    ("numbers", "3.14 1,000 2026-11-28 50% e=mc² ٣"),
    ("code", "if (x!=y) { return arr[i]->next; } // \u2581_"),
]
PAIRS = [("pair", "Was it good? 😀", "Yes, é!"), ("pair with empty", "first", "")]

BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
BYTES = ["<0x%02X>" % i for i in range(256)]
ALPHABET = P.ByteLevel.alphabet()
GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def build(model, trainer, normalizer=None, pre_tokenizer=None):
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def word_piece(normalizer, pre_tokenizer, **options):
    trainer = trainers.WordPieceTrainer(vocab_size=220, special_tokens=BERT, show_progress=False)
    return build(models.WordPiece(unk_token="[UNK]", **options), trainer, normalizer, pre_tokenizer)


def bpe(normalizer, pre_tokenizer, size=220, special=ROBERTA, trainer={}, **options):
    made = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False, **trainer)
    return build(models.BPE(**options), made, normalizer, pre_tokenizer)


def unigram(normalizer, pre_tokenizer):
    trainer = trainers.UnigramTrainer(
        vocab_size=220, special_tokens=ROBERTA, unk_token="<unk>", show_progress=False
    )
    return build(models.Unigram(), trainer, normalizer, pre_tokenizer)


def processed(tokenizer, processor):
    tokenizer.post_processor = processor
    return tokenizer


def template(tokenizer, cls="<s>", sep="</s>"):
    return processed(
        tokenizer,
        R.TemplateProcessing(
            single=f"{cls} $A {sep}",
            pair=f"{cls} $A {sep} $B:1 {sep}:1",
            special_tokens=[(cls, tokenizer.token_to_id(cls)), (sep, tokenizer.token_to_id(sep))],
        ),
    )


def roberta(tokenizer, prefix, trim=True):
    return processed(
        tokenizer, R.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=trim, add_prefix_space=prefix)
    )


def bert(tokenizer):
    return processed(tokenizer, R.BertProcessing(("[SEP]", 3), ("[CLS]", 2)))


def with_added(tokenizer):
    tokenizer.add_tokens(
        [
            AddedToken("zork", single_word=True, normalized=True),
            AddedToken("new york", lstrip=True, rstrip=True, normalized=False),
            AddedToken("<mask>", lstrip=True, normalized=False, special=True),
        ]
    )
    return tokenizer


def changed(tokenizer, change):
    """The tokenizer with its JSON changed."""
    description = json.loads(tokenizer.to_str())
    change(description)
    return Tokenizer.from_str(json.dumps(description))


def without_added_bytes(description):
    description["added_tokens"] = [t for t in description["added_tokens"] if not t["content"].startswith("<0x")]


def sentencepiece_bpe(normalizer, pre_tokenizer, fuse=True):
    tokenizer = bpe(
        normalizer, pre_tokenizer, 380, ROBERTA + BYTES, dict(limit_alphabet=50),
        unk_token="<unk>", byte_fallback=True, fuse_unk=fuse,
    )
    return template(changed(tokenizer, without_added_bytes))


# Replacements of every shape: longer, shorter, empty, of a grapheme as a whole, of one that begins with a shorter entry.
CHARACTER_MAP = {
    "Ａ": "A", "Ｂ": "B", "１": "1", "ﬁ": "fi", "½": "1/2", "①": "1", "…": "...", "\u200b": "", "\ufeff": " ", "\x07": "",
    "e\u0301": "é", "a\u0323\u0302": "ậ", "ｶﾞ": "ガ", "㎏": "kg", "\r\n": " ", "\u00a0": " ", "\u2028": " ", "İ": "i",
}


def character_map(entries):
    """A double-array trie of UTF-8 strings and their replacements, as SentencePiece compiles it."""
    replacements = bytearray()
    root = {}
    for text, replacement in entries.items():
        node = root
        for byte in text.encode():
            node = node.setdefault(byte, {})
        node[0] = len(replacements)
        replacements += replacement.encode() + b"\0"
    units = {0: 0}

    def place(node, index):
        base = next(b for b in range(1, 1 << 20) if all(b ^ label not in units for label in node))
        units[index] |= (index ^ base) << 10 | (1 << 8 if 0 in node else 0)
        for label in node:
            units[base ^ label] = label if label else node[0] | 1 << 31
        for label in node:
            if label:
                place(node[label], base ^ label)

    place(root, 0)
    trie = [units.get(i, 0) for i in range((max(units) | 255) + 1)]
    return struct.pack(f"<I{len(trie)}I", 4 * len(trie), *trie) + bytes(replacements)


def byte_fallback(description):
    without_added_bytes(description)
    description["model"]["byte_fallback"] = True


TOKENIZERS = {
    "bert_uncased": lambda: with_added(bert(word_piece(N.BertNormalizer(), P.BertPreTokenizer()))),
    "bert_cased": lambda: template(
        word_piece(N.BertNormalizer(lowercase=False), P.BertPreTokenizer(), max_input_chars_per_word=20), "[CLS]", "[SEP]"
    ),
    "words_nfd": lambda: template(
        word_piece(N.Sequence([N.NFD(), N.Lowercase(), N.StripAccents()]), P.Whitespace()), "[CLS]", "[SEP]"
    ),
    "words_nfkc": lambda: template(
        word_piece(N.Sequence([N.NFKC(), N.Strip()]), P.Sequence([P.WhitespaceSplit(), P.Punctuation("contiguous")])),
        "[CLS]", "[SEP]",
    ),
    "words_nfkd": lambda: template(
        word_piece(N.Sequence([N.Nmt(), N.NFKD()]), P.Sequence([P.Whitespace(), P.Digits(individual_digits=True)])),
        "[CLS]", "[SEP]",
    ),
    "gpt2": lambda: processed(
        bpe(N.NFC(), P.ByteLevel(add_prefix_space=False), 340, ["<|endoftext|>"], dict(initial_alphabet=ALPHABET)),
        R.ByteLevel(trim_offsets=False),
    ),
    "roberta": lambda: with_added(
        roberta(bpe(None, P.ByteLevel(add_prefix_space=True), 340, trainer=dict(initial_alphabet=ALPHABET)), True)
    ),
    "llama3": lambda: processed(
        bpe(
            None,
            P.Sequence([P.Split(Regex(GPT4), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)]),
            340, trainer=dict(initial_alphabet=ALPHABET), ignore_merges=True,
        ),
        R.Sequence(
            [
                R.ByteLevel(trim_offsets=True),
                R.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 0)]),
            ]
        ),
    ),
    "clip": lambda: roberta(
        bpe(
            N.Sequence([N.NFC(), N.Replace(Regex(r"\s+"), " "), N.Lowercase()]),
            P.Sequence([P.Split(Regex(CLIP), "removed", invert=True), P.ByteLevel(add_prefix_space=False)]),
            600, trainer=dict(initial_alphabet=ALPHABET, end_of_word_suffix="</w>"),
            unk_token="<unk>", end_of_word_suffix="</w>",
        ),
        False, False,
    ),
    "llama2": lambda: sentencepiece_bpe(N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), None),
    "mistral": lambda: with_added(sentencepiece_bpe(None, P.Metaspace(prepend_scheme="first"), False)),
    "bpe_without_unknown": lambda: bpe(None, P.Whitespace(), trainer=dict(limit_alphabet=30)),
    "bpe_with_prefix": lambda: bpe(
        N.Lowercase(), P.WhitespaceSplit(), trainer=dict(limit_alphabet=30, continuing_subword_prefix="##"),
        unk_token="<unk>", continuing_subword_prefix="##",
    ),
    "unigram_map": lambda: template(
        unigram(N.Sequence([N.Precompiled(character_map(CHARACTER_MAP)), N.Replace(Regex(" {2,}"), " ")]), P.Metaspace())
    ),
    "unigram": lambda: template(
        unigram(N.Sequence([N.NFKC(), N.Replace(Regex(" {2,}"), " ")]), P.Metaspace())
    ),
    "unigram_bytes": lambda: template(
        changed(
            build(
                models.Unigram(),
                trainers.UnigramTrainer(
                    vocab_size=480, special_tokens=ROBERTA + BYTES, unk_token="<unk>", show_progress=False
                ),
                N.Sequence([N.Replace("``", '"'), N.NFKD(), N.StripAccents()]),
                P.Sequence([P.Punctuation("merged_with_previous"), P.Metaspace(prepend_scheme="never", split=False)]),
            ),
            byte_fallback,
        )
    ),
    "word_level": lambda: template(
        build(
            models.WordLevel(unk_token="<unk>"),
            trainers.WordLevelTrainer(vocab_size=60, special_tokens=ROBERTA, show_progress=False),
            N.Lowercase(),
            P.Sequence([P.CharDelimiterSplit("a"), P.Split(" ", "merged_with_next"), P.FixedLength(4)]),
        )
    ),
}

TRUNCATIONS = [
    ("cut", dict(max_length=7)),
    ("cut on the left with a stride", dict(max_length=8, stride=2, direction="left")),
]
PADDINGS = [("filled", dict(pad_id=1, pad_token="<pad>", pad_to_multiple_of=8, direction="left"))]


def utf16(text, index):
    return len(text[:index].encode("utf-16-le")) // 2


def written(encoding, texts, sequences=True):
    units = []
    for (start, end), sequence in zip(encoding.offsets, encoding.sequence_ids):
        text = "" if sequence is None else texts[sequence]
        units.append([utf16(text, start), utf16(text, end)])
    fields = dict(
        ids=encoding.ids,
        tokens=encoding.tokens,
        type_ids=encoding.type_ids,
        attention_mask=encoding.attention_mask,
        special_tokens_mask=encoding.special_tokens_mask,
        offsets=[list(span) for span in encoding.offsets],
        offsets_utf16=units,
        word_ids=encoding.word_ids,
        sequence_ids=encoding.sequence_ids,
    )
    if not sequences:
        # Without a post-processor the library gives padding and further windows the sequence 0, here it is none.
        del fields["sequence_ids"]
    if encoding.overflowing:
        fields["overflowing"] = [written(window, texts, sequences) for window in encoding.overflowing]
    return fields


def cases_of(tokenizer):
    def case(name, texts, options={}):
        fields = dict(id=name, text=texts[0])
        if len(texts) > 1:
            fields["pair"] = texts[1]
        if options:
            fields["options"] = options
        encoding = tokenizer.encode(*texts, add_special_tokens=options.get("add_special_tokens", True))
        return dict(fields, encodings=[written(encoding, texts, tokenizer.post_processor is not None)])

    cases = [case(name, [text]) for name, text in TEXTS] + [case(name, texts) for name, *texts in PAIRS]
    cases.append(case("without special tokens", [TEXTS[0][1]], dict(add_special_tokens=False)))
    for name, options in TRUNCATIONS:
        tokenizer.enable_truncation(**options)
        cases.append(case(name, [CORPUS[0]], dict(truncation=options)))
        tokenizer.no_truncation()
    for name, options in PADDINGS:
        tokenizer.enable_padding(**options)
        cases.append(case(name, ["The film"], dict(padding=options)))
        tokenizer.no_padding()
    return cases


if __name__ == "__main__":
    for name in sys.argv[1:] or TOKENIZERS:
        tokenizer = TOKENIZERS[name]()
        lines = [dict(library=f"tokenizers {__version__}", tokenizer=json.loads(tokenizer.to_str())), *cases_of(tokenizer)]
        text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
        Path(__file__).with_name(f"{name}.jsonl").write_text(text, encoding="utf-8")
        print(name, len(lines) - 1)
