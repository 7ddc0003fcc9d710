// Lays a picture on a surface: every output pixel looks up its own place in the picture by the inverse homography.
//
// The homography is written by distances from the four edges (top, right, bottom, left), each weighted so that
// left + right = top + bottom = the homogeneous w: then u = left / (left + right) and v = top / (top + bottom).
// Inside the surface all of them are positive, so nothing cancels in float32, whatever the perspective.
//
// Textures decode sRGB to linear light and the framebuffer encodes it again, so everything here is linear light.
uniform vec2 size;
uniform vec2 middle;
uniform vec3 edges[4];
uniform vec4 pixels;
uniform float level;
uniform sampler2D picture;
uniform sampler2D mask;
out vec4 colour;

void main() {
    // Not interpolated but taken from the pixel itself: interpolation alone costs up to 0.1 source pixels.
    vec3 here = vec3(vec2(gl_FragCoord.x, size.y - gl_FragCoord.y) - middle, 1.0);
    vec4 inwards = vec4(dot(edges[0], here), dot(edges[1], here), dot(edges[2], here), dot(edges[3], here));
    vec2 found = inwards.wx / (inwards.wx + inwards.yz);
    float through = texture(mask, found).r;
    vec3 light = texture(picture, found).rgb * level * through;
#ifdef EDGE
    // `pixels` turns the weighted distances into pixels; half a pixel either side of an edge is the antialiased rim.
    vec4 cover = clamp(inwards * pixels + 0.5, 0.0, 1.0);
    float whole = cover.x * cover.y * cover.z * cover.w;
    colour = vec4(light * whole, whole * through);
#else
    colour = vec4(light, through);
#endif
}
