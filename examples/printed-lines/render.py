"""Lines of text as images: reads [{"text", "font", "file"}] from standard input and writes each as a PGM of 32 pixels of height, black on white.

Needs Pillow and the fonts that are named (Debian, Ubuntu: apt-get install python3-pil fonts-dejavu-core fonts-liberation).
"""
import json
import sys

from PIL import Image, ImageDraw, ImageFont

fonts = {}
for line in json.load(sys.stdin):
    font = fonts.setdefault(line["font"], ImageFont.truetype(line["font"], 24))
    image = Image.new("L", (12 + round(font.getlength(line["text"])), 32), 255)
    ImageDraw.Draw(image).text((6, 24), line["text"], font=font, fill=0, anchor="ls")
    image.save(line["file"], format="PPM")
