// Shrinks what an output shows: as many bilinear taps per pixel as it takes to leave no pixel out.
uniform vec2 size;
uniform int taps;
uniform sampler2D shown;
out vec4 colour;

void main() {
    vec2 first = (gl_FragCoord.xy - 0.5) / size;
    vec2 between = 1.0 / (size * float(taps));
    vec4 sum = vec4(0.0);
    for (int row = 0; row < taps; row++)
        for (int column = 0; column < taps; column++)
            sum += texture(shown, first + (vec2(column, row) + 0.5) * between);
    colour = sum / float(taps * taps);
}
