package io.github.affect4j.data.synthetic;

import java.awt.Color;

/**
 * What stays the same through a video: the person, clothes, background and light. Lengths are in
 * units of 1/112 of the image.
 */
record Identity(
    Color skin,
    Color hair,
    Color iris,
    Color lips,
    Color clothes,
    Color backgroundTop,
    Color backgroundBottom,
    double faceWidth,
    double faceHeight,
    double eyeDistance,
    double eyeSize,
    double browThickness,
    double noseLength,
    double mouthWidth,
    int hairStyle,
    double lightSide) {

  static final int HAIR_STYLES = 4;

  private static final Color[] SKINS = {
    new Color(0xF6D5BC), new Color(0xEBBE9B), new Color(0xD8A47F), new Color(0xB97F58), new Color(0x8F5B3C),
    new Color(0x6E452E)
  };
  private static final Color[] HAIRS = {
    new Color(0x1E1816), new Color(0x3B2417), new Color(0x6B4226), new Color(0xB98A4B), new Color(0x8C3B1E),
    new Color(0x8E8E90)
  };
  private static final Color[] IRISES = {
    new Color(0x4A2F1B), new Color(0x2F5D8C), new Color(0x4F7A4A), new Color(0x6B5B3A)
  };

  static Identity of(Draw draw) {
    Color skin = vary(SKINS[draw.below(SKINS.length)], draw, 10);
    return new Identity(
        skin,
        vary(HAIRS[draw.below(HAIRS.length)], draw, 8),
        IRISES[draw.below(IRISES.length)],
        Shades.mix(skin, new Color(0xB02A3C), draw.between(0.5, 0.65)),
        colour(draw, 0.2, 0.6),
        colour(draw, 0.35, 0.9),
        colour(draw, 0.2, 0.7),
        draw.between(31, 36),
        draw.between(43, 47),
        draw.between(15.5, 18),
        draw.between(6.6, 7.8),
        draw.between(2.6, 3.8),
        draw.between(13, 17),
        draw.between(12, 14.5),
        draw.below(HAIR_STYLES),
        draw.between(-1, 1));
  }

  private static Color colour(Draw draw, double darkest, double brightest) {
    float hue = (float) draw.uniform();
    float saturation = (float) draw.between(0.1, 0.55);
    return Color.getHSBColor(hue, saturation, (float) draw.between(darkest, brightest));
  }

  private static Color vary(Color base, Draw draw, int by) {
    int shift = (int) Math.round(draw.between(-by, by));
    return new Color(
        Shades.clamp(base.getRed() + shift),
        Shades.clamp(base.getGreen() + shift),
        Shades.clamp(base.getBlue() + shift));
  }
}
