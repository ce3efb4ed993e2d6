import { describe, expect, it } from 'vitest';
import { metadataFacts } from '../../../src/core/model/describe/metadata.ts';
import { namesOf } from '../../../src/core/model/describe/names.ts';
import { readUltralytics } from '../../../src/core/model/describe/ultralytics.ts';

describe('namesOf', () => {
  it('reads the names of a Python dictionary with either kind of quotes', () => {
    expect(namesOf(`{0: 'cup', 1: "driver's seat", 2: 'it\\'s, {2}: \\u00e9\\xe8'}`)).toEqual([
      'cup',
      "driver's seat",
      "it's, {2}: éè",
    ]);
  });

  it('reads a list', () => expect(namesOf("['a', 'b']")).toEqual(['a', 'b']));

  it('orders the names by their class numbers', () => expect(namesOf("{1: 'b', 0: 'a'}")).toEqual(['a', 'b']));

  it('returns undefined when a class has no name', () => expect(namesOf("{0: 'a', 2: 'c'}")).toBeUndefined());
});

describe('the preprocessing of an Ultralytics export', () => {
  it.each([
    ['detect', 'Ultralytics YOLO11n model', 'fit'],
    ['detect', 'Ultralytics rtdetr-l model', 'exact'],
    ['classify', 'Ultralytics YOLO11n-cls model', 'shortest_side'],
  ])('of the task %s, %s, resizes by %s', (task, description, mode) => {
    const { preprocessing } = metadataFacts({ task, description, imgsz: '[320, 320]' });
    expect(preprocessing?.value.resize.mode).toBe(mode);
  });
});

describe('readUltralytics', () => {
  it('reads the metadata of an Ultralytics export', () => {
    const metadata = {
      task: 'pose',
      stride: '32',
      imgsz: '[480, 640]',
      kpt_shape: '[17, 3]',
      names: "{0: 'person'}",
      end2end: 'False',
      args: "{'nms': True, 'half': False}",
    };
    expect(readUltralytics(metadata)).toEqual({
      task: 'pose',
      names: ['person'],
      imageSize: [480, 640],
      stride: 32,
      final: true,
      gray: false,
      keypoints: [17, 3],
    });
  });

  it('reads the names of key points that all classes have', () => {
    const namesOfPoints = (names: string) =>
      readUltralytics({ task: 'pose', kpt_shape: '[2, 3]', kpt_names: names })?.keypointNames;
    expect(namesOfPoints("{0: ['nose', 'tail']}")).toEqual(['nose', 'tail']);
    expect(namesOfPoints("{0: ['nose', 'tail'], 1: ['beak', 'tail']}")).toBeUndefined();
    expect(namesOfPoints("{0: ['nose']}")).toBeUndefined();
  });

  it('returns undefined for metadata of other exporters', () =>
    expect(readUltralytics({ task: 'text-classification' })).toBeUndefined());
});
