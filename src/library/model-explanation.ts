/** An explanation of one input, with its drawings. */
import { WhylightError } from '../core/errors.ts';
import type { ExplainedMap, Uncertainty } from '../core/explainer/explanation.ts';
import type { FeatureValue } from '../core/explainer/feature-value.ts';
import type { ImageCodecs } from '../core/image/codecs/codecs.ts';
import type { Image } from '../core/image/image.ts';
import type { NamedBox } from '../core/method/results.ts';
import type { Target } from '../core/model/target-request.ts';
import type { Prediction } from '../core/task/task.ts';
import type { Float32Tensors } from '../core/tensor/rows.ts';
import type { Tensor } from '../core/tensor/tensor.ts';
import { drawingPage, imageSvg } from '../protocol/drawing-page.ts';
import type { ImageDrawingOptions } from '../protocol/explanation-image.ts';
import { doubtOf } from './confidence.ts';
import { drawAs, numbersOf, overlayOf } from './draw-outcome.ts';
import type { Outcome } from './outcome.ts';
import { predictionsOf, toJson } from './outcome-json.ts';

/** Parts of an explanation beside its outcome. */
export interface ExplanationParts {
  readonly codecs: Pick<ImageCodecs, 'encodePng'>;
  /** True where negative values are evidence against the target. */
  readonly signed: boolean;
  /** Reason why the method was chosen, where the request named none. */
  readonly reason?: string;
}

/**
 * Explanation of one input: values, predictions, and drawings.
 *
 * @example
 * const explanation = await model.explain('cat.jpg', { method: 'grad_cam', target: 'cat' });
 * console.log(explanation.summary);
 * await writeFile('map.png', await explanation.png());
 */
export class ModelExplanation {
  /** Everything that was computed. */
  readonly outcome: Outcome;
  private readonly parts: ExplanationParts;

  constructor(outcome: Outcome, parts: ExplanationParts) {
    this.outcome = outcome;
    this.parts = parts;
  }

  /** Id of the method. */
  get method(): string {
    return this.outcome.explanation.method;
  }

  /** Reason why the method was chosen; undefined where the request named it. */
  get reason(): string | undefined {
    return this.parts.reason;
  }

  /** Parameters of the method, after defaults. */
  get params(): Readonly<Record<string, unknown>> {
    return this.outcome.explanation.params;
  }

  /** Target that is explained. */
  get target(): Target {
    return this.outcome.row.target;
  }

  /** Score of the target. */
  get score(): number {
    return this.outcome.row.score;
  }

  /** Predictions of the model, best first. */
  get predictions(): readonly Prediction[] {
    return predictionsOf(this.outcome.row);
  }

  /** Saliency map, [height, width] at the size of the model's input; undefined where the input is no image. */
  get map(): Tensor<'float32'> | undefined {
    return this.outcome.row.map;
  }

  /** Further maps that the method returned: of layers, attention heads, concepts or classes. */
  get maps(): readonly ExplainedMap[] {
    return this.outcome.row.maps ?? [];
  }

  /** Standard errors of the values; undefined where the method returned none. */
  get uncertainty(): Uncertainty | undefined {
    return this.outcome.row.uncertainty;
  }

  /** Boxes that the method returned, in pixels of the upright image. */
  get boxes(): readonly NamedBox[] {
    return this.outcome.row.boxes ?? [];
  }

  /** Sentences that the method returned, such as a rule; undefined where it returned none. */
  get text(): string | undefined {
    return this.outcome.row.text;
  }

  /** Words, columns or stretches of time with their values; empty for an image. */
  get features(): readonly FeatureValue[] {
    return this.outcome.row.features ?? [];
  }

  /** Attribution by input name, or by the name of an inner tensor: [1, ...]. */
  get values(): Float32Tensors {
    return this.outcome.row.values;
  }

  /** The explanation in words; a sentence that nothing was found where there is no prediction. */
  get summary(): string {
    return this.outcome.row.nothing ?? this.outcome.row.summary?.text ?? '';
  }

  /** Sentences for the user: that a text was truncated, a clip resampled, that the model is not sure. */
  get notices(): readonly string[] {
    const doubt = doubtOf(this.outcome);
    return [...(this.outcome.subject.prepared?.notices ?? []), ...(doubt === undefined ? [] : [doubt])];
  }

  /**
   * The map over the image, as pixels.
   * @throws WhylightError `unprocessable_method` for other inputs, and for a method without a map
   */
  image(options: ImageDrawingOptions = {}): Image {
    const image = overlayOf(this.outcome, options);
    if (image) return image;
    throw new WhylightError('unprocessable_method', 'Only images have a drawing of pixels: use svg() or html().');
  }

  /**
   * The map over the image, as a PNG file.
   * @throws WhylightError as {@link image} does
   */
  async png(options: ImageDrawingOptions = {}): Promise<Uint8Array> {
    return this.parts.codecs.encodePng(this.image(options));
  }

  /**
   * A drawing as SVG: the map over the image, or the features with their values.
   * @throws WhylightError `unprocessable_method` where the values are those of an inner layer
   */
  async svg(options: ImageDrawingOptions = {}): Promise<string> {
    return (await this.imageSvg(options)) ?? this.drawn('svg', options);
  }

  /**
   * A page that loads nothing: the drawing, and the explanation in words.
   * @throws WhylightError as {@link svg} does
   */
  async html(options: ImageDrawingOptions = {}): Promise<string> {
    const drawing = (await this.imageSvg(options)) ?? this.drawn('html', options);
    const { name } = this.outcome.explanation.model;
    return drawingPage(
      `${name}: ${this.method}`,
      drawing,
      [...this.notices, this.summary, this.text ?? ''].filter(Boolean),
    );
  }

  /** The map of an image, else the values of the features, as an `.npy` file. */
  npy(): Uint8Array {
    return numbersOf(this.outcome);
  }

  /** Everything but the numbers of map and attribution, for `JSON.stringify`. */
  toJSON(): object {
    return toJson(this.outcome, {});
  }

  private async imageSvg(options: ImageDrawingOptions): Promise<string | undefined> {
    const isSheet = options.show === 'maps';
    const image = overlayOf(this.outcome, options, isSheet);
    const { row, subject } = this.outcome;
    return (
      image &&
      imageSvg({ row, placed: subject.image, boxes: !isSheet }, image, await this.parts.codecs.encodePng(image))
    );
  }

  private drawn(format: 'svg' | 'html', options: ImageDrawingOptions): string {
    const drawn = drawAs(format, this.outcome, this.parts.signed, options);
    if (drawn !== undefined) return drawn;
    throw new WhylightError(
      'unprocessable_method',
      this.outcome.row.nothing ?? 'The values are those of an inner layer, which has no drawing: use values or npy().',
    );
  }
}
