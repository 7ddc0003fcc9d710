// Puts points given in output pixels (origin top left, y down) where OpenGL wants them (origin bottom left, y up).
in vec2 place;
uniform vec2 size;

void main() {
    gl_Position = vec4(2.0 * place.x / size.x - 1.0, 1.0 - 2.0 * place.y / size.y, 0.0, 1.0);
}
