"""Draws airplane.jpg and ship.jpg: python3 render.py (Pillow and numpy)."""
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE, SCALE = (480, 360), 3  # drawn three times as large, then shrunk: smooth edges


def backdrop(top, bottom, seed):
    """A vertical gradient with a little grain and soft clouds."""
    width, height = (n * SCALE for n in SIZE)
    rows = np.linspace(0, 1, height)[:, None, None]
    picture = np.array(top) * (1 - rows) + np.array(bottom) * rows + np.zeros((height, width, 1))
    random = np.random.default_rng(seed)
    clouds = Image.fromarray((random.random((9, 12)) ** 2 * 255).astype("uint8")).resize((width, height), Image.BICUBIC)
    picture += np.array(clouds)[:, :, None] / 255 * 22 + random.normal(0, 5, (height, width, 1))
    return Image.fromarray(picture.clip(0, 255).astype("uint8"))


def shape(draw, color, *points):
    draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=color)


def airplane():
    picture = backdrop((92, 142, 204), (186, 212, 236), 1)
    draw = ImageDraw.Draw(picture)
    shape(draw, (150, 156, 166), (210, 176), (300, 176), (392, 116), (366, 112))  # far wing
    draw.rounded_rectangle([62 * SCALE, 162 * SCALE, 412 * SCALE, 204 * SCALE], 21 * SCALE, fill=(236, 238, 242))
    shape(draw, (206, 208, 214), (74, 190), (400, 190), (380, 204), (92, 204))  # shade below
    shape(draw, (40, 70, 140), (352, 166), (414, 166), (440, 96), (408, 96))  # fin
    shape(draw, (190, 194, 202), (356, 180), (410, 180), (448, 166), (428, 164))  # tailplane
    shape(draw, (196, 200, 208), (190, 192), (280, 192), (352, 286), (316, 288))  # near wing
    draw.rounded_rectangle([206 * SCALE, 214 * SCALE, 256 * SCALE, 236 * SCALE], 9 * SCALE, fill=(120, 126, 138))
    for x in range(112, 350, 13):
        draw.ellipse([x * SCALE, 174 * SCALE, (x + 6) * SCALE, 182 * SCALE], fill=(60, 74, 98))
    shape(draw, (50, 60, 80), (70, 176), (90, 170), (92, 180), (72, 184))  # cockpit
    return picture


def ship():
    picture = backdrop((150, 184, 220), (216, 226, 232), 2)
    sea = backdrop((58, 104, 140), (24, 58, 92), 3).resize((SIZE[0] * SCALE, 130 * SCALE))
    waves = np.array(sea).astype(float) + np.random.default_rng(4).normal(0, 14, (130, 1, 1)).repeat(SCALE, 0)
    picture.paste(Image.fromarray(waves.clip(0, 255).astype("uint8")), (0, 230 * SCALE))
    draw = ImageDraw.Draw(picture)
    shape(draw, (52, 58, 74), (48, 212), (440, 200), (404, 262), (84, 262))  # hull
    shape(draw, (148, 48, 44), (76, 250), (412, 250), (404, 264), (84, 264))  # waterline
    shape(draw, (238, 238, 234), (120, 212), (120, 184), (352, 180), (372, 203))  # decks
    shape(draw, (226, 228, 226), (146, 184), (146, 156), (304, 154), (318, 181))
    shape(draw, (240, 240, 238), (232, 155), (232, 128), (296, 128), (304, 154))  # bridge
    shape(draw, (196, 74, 50), (168, 156), (172, 112), (204, 112), (206, 156))  # funnel
    shape(draw, (40, 40, 46), (172, 112), (173, 102), (203, 102), (204, 112))
    for y, start, end in ((192, 128, 350), (166, 152, 304)):
        for x in range(start, end, 14):
            draw.rectangle([x * SCALE, y * SCALE, (x + 7) * SCALE, (y + 7) * SCALE], fill=(70, 92, 120))
    draw.line([264 * SCALE, 128 * SCALE, 264 * SCALE, 84 * SCALE], fill=(90, 90, 96), width=2 * SCALE)
    shape(draw, (196, 212, 220), (70, 262), (418, 262), (452, 270), (52, 270))  # foam
    return picture


for name, picture in (("airplane", airplane()), ("ship", ship())):
    picture.resize(SIZE, Image.LANCZOS).filter(ImageFilter.GaussianBlur(0.6)).save(f"{name}.jpg", quality=88, optimize=True)
