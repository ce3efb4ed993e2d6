/** The same request for other places: command line, TypeScript, Python. */
import { explainPath, type Question } from './api.ts';

export type Language = 'curl' | 'TypeScript' | 'Python';

export const LANGUAGES: readonly Language[] = ['curl', 'TypeScript', 'Python'];

/**
 * @param file name of the image
 * @param type its content type
 * @param keyed whether a key is needed; the key itself stays out of what is copied
 */
export function snippet(language: Language, question: Question, file: string, type: string, keyed: boolean): string {
  const url = `${location.origin}${explainPath(question)}`;
  if (language === 'curl') {
    return [
      `curl -H 'Content-Type: ${type}' -H 'Accept: application/json' \\`,
      ...(keyed ? [`  -H "Authorization: Bearer $WHYLIGHT_KEY" \\`] : []),
      `  --data-binary ${shell(`@${file}`)} \\`,
      `  ${shell(url)}`,
    ].join('\n');
  }
  if (language === 'Python') {
    return [
      'import json, os, urllib.request',
      '',
      `with open(${JSON.stringify(file)}, "rb") as image:`,
      '    request = urllib.request.Request(',
      `        ${JSON.stringify(url)},`,
      '        data=image.read(),',
      `        headers={"Content-Type": ${JSON.stringify(type)}, "Accept": "application/json"},`,
      '    )',
      ...(keyed ? [`request.add_header("Authorization", "Bearer " + os.environ["WHYLIGHT_KEY"])`] : []),
      'with urllib.request.urlopen(request) as response:',
      '    outputs = {output["name"]: output for output in json.load(response)["outputs"]}',
      'saliency_map = outputs["saliency_map"]  # "shape" [1, height, width], "data" row by row',
    ].join('\n');
  }
  const headers = [
    `'Content-Type': '${type}'`,
    `Accept: 'application/json'`,
    ...(keyed ? ["Authorization: 'Bearer ' + process.env.WHYLIGHT_KEY"] : []),
  ];
  return [
    `import { readFile } from 'node:fs/promises';`,
    '',
    `const response = await fetch(${JSON.stringify(url)}, {`,
    `  method: 'POST',`,
    `  headers: { ${headers.join(', ')} },`,
    `  body: await readFile(${JSON.stringify(file)}),`,
    '});',
    'if (!response.ok) throw new Error((await response.json()).detail);',
    'const { outputs } = await response.json();',
    `const saliencyMap = outputs.find(({ name }) => name === 'saliency_map'); // shape [1, height, width], data row by row`,
  ].join('\n');
}

const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
