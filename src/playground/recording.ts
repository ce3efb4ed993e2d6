/** Sounds of the microphone, and of files that only a browser reads, as WAV files. */
import { writeWav } from '../modalities/audio/wav-write.ts';
import { Failure } from './failure.ts';

/** Records from the microphone. @throws Failure `forbidden`, `not_found` without permission or microphone */
export async function record(seconds: number): Promise<File> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error: Error) => {
    if (error.name === 'NotAllowedError') {
      throw new Failure('forbidden', 'The browser was told not to let this page hear. Allow it beside the address.');
    }
    throw new Failure('not_found', 'There is no microphone that this page can use. Pick a file.');
  });
  try {
    const recorder = new MediaRecorder(stream);
    const parts: Blob[] = [];
    recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
    const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve, { once: true }));
    recorder.start();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    recorder.stop();
    await stopped;
    return asWav(new File(parts, 'recording'));
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

/** A sound file in any format that the browser reads as a WAV file. @throws Failure `unsupported_media_type` */
export async function asWav(file: File): Promise<File> {
  if (/\.wave?$/i.test(file.name)) return file;
  const context = new AudioContext();
  try {
    const sound = await context.decodeAudioData(await file.arrayBuffer()).catch(() => {
      throw new Failure(
        'unsupported_media_type',
        `${file.name} is no sound that this browser can read. Use a WAV file.`,
      );
    });
    const channels = Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i));
    const wav = writeWav({ sampleRate: sound.sampleRate, channels });
    return new File([wav], `${file.name.replace(/\.\w+$/, '')}.wav`, { type: 'audio/wav' });
  } finally {
    await context.close();
  }
}
