// Lays a ready drawing (text, QR) over the wall, one texel to one pixel; its alpha is straight.
uniform vec2 size;
uniform vec2 corner;
uniform float opacity;
uniform sampler2D drawing;
out vec4 colour;

void main() {
    ivec2 texel = ivec2(vec2(gl_FragCoord.x, size.y - gl_FragCoord.y) - corner);
    vec4 ink = texelFetch(drawing, texel, 0);
    float cover = ink.a * opacity;
    colour = vec4(ink.rgb * cover, cover);
}
