// Crossfades two pictures in linear light; each may be zoomed about its middle. Rows stay in the order of the pictures.
uniform vec2 size;
uniform float weight;
uniform vec2 zooms;
uniform sampler2D old_picture;
uniform sampler2D new_picture;
out vec4 colour;

void main() {
    vec2 from_centre = gl_FragCoord.xy / size - 0.5;
    vec3 was = texture(old_picture, from_centre / zooms.x + 0.5).rgb;
    vec3 comes = texture(new_picture, from_centre / zooms.y + 0.5).rgb;
    colour = vec4(mix(was, comes, weight), 1.0);
}
