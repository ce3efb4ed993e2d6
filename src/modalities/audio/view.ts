/** Data for drawing a sound: its samples, and the spectrogram that the model got. */

export interface AudioView {
  /** One channel at the model's rate, as much of it as the model takes. */
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly spectrogram?: Spectrogram;
}

export interface Spectrogram {
  /** Frame after frame, the bands of a frame side by side; only those of the clip. */
  readonly values: Float32Array;
  readonly frames: number;
  readonly bands: number;
  /** Seconds from one frame to the next. */
  readonly hop: number;
  /** Frequencies between the bands, in Hz, both ends included; absent for cepstral coefficients. */
  readonly boundaries?: readonly number[];
}
