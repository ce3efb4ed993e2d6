"""Speaks the word "nine" by formant synthesis and writes it as a WAV file of 8,000 samples a second.

    python3 examples/data/speak.py examples/data/nine.wav

A train of pulses at the pitch of a voice goes through three resonators, whose frequencies move from sound to sound.
"""
import math
import struct
import sys
import wave

RATE = 8000
# Seconds, loudness, and the three formants in Hz at the beginning of each part; values in between are interpolated.
TRACK = [
    (0.00, 0.00, 260, 1320, 2440),
    (0.03, 0.15, 250, 1000, 2570),
    (0.10, 0.24, 230, 1250, 2280),
    (0.14, 0.62, 690, 1510, 2630),
    (0.26, 0.50, 610, 1410, 2650),
    (0.36, 0.76, 380, 2150, 2630),
    (0.41, 0.65, 360, 1930, 2860),
    (0.44, 0.12, 210, 1010, 2410),
    (0.56, 0.12, 290, 1660, 2470),
    (0.62, 0.00, 210, 1520, 2380),
]
BANDWIDTHS = (70, 100, 140)


def track_at(second):
    for (start, *first), (end, *later) in zip(TRACK, TRACK[1:]):
        if second <= end:
            share = (second - start) / (end - start)
            return [a + share * (b - a) for a, b in zip(first, later)]
    return list(TRACK[-1][1:])


def resonate(samples, frequencies, bandwidth):
    first, second, out = 0.0, 0.0, []
    for x, frequency in zip(samples, frequencies):
        radius = math.exp(-math.pi * bandwidth / RATE)
        a = 2 * radius * math.cos(2 * math.pi * frequency / RATE)
        b = -radius * radius
        y = (1 - a - b) * x + a * first + b * second
        first, second = y, first
        out.append(y)
    return out


def speak():
    count = int(TRACK[-1][0] * RATE)
    states = [track_at(i / RATE) for i in range(count)]
    phase, samples = 0.0, []
    for i, (loudness, *_) in enumerate(states):
        pitch = 130 - 35 * i / count
        phase += pitch / RATE
        pulse = 1.0 if phase >= 1 else 0.0
        phase -= math.floor(phase)
        samples.append(loudness * pulse)
    # The glottis does not close at once: a low-pass of about 500 Hz.
    for i in range(1, count):
        samples[i] += 0.6 * samples[i - 1]
    for k, bandwidth in enumerate(BANDWIDTHS):
        samples = resonate(samples, [state[1 + k] for state in states], bandwidth)
    largest = max(map(abs, samples))
    return [round(24000 * x / largest) for x in samples]


def main():
    samples = speak()
    with wave.open(sys.argv[1], "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


if __name__ == "__main__":
    main()
