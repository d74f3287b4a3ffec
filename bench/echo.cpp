// The yardstick of scripts/bench: a FastCGI worker that reads a request and echoes its body, and nothing
// else.
#include <fcgiapp.h>

#include <array>
#include <string>

int main() {
  FCGX_Init();
  FCGX_Request request;
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) == 0) {
    std::array<char, 4096> part{};
    std::string body;
    for (int size = 0; (size = FCGX_GetStr(part.data(), part.size(), request.in)) > 0;)
      body.append(part.data(), static_cast<std::size_t>(size));
    const std::string answer = "Content-Type: application/json\r\n\r\n" + body;
    FCGX_PutStr(answer.data(), static_cast<int>(answer.size()), request.out);
    FCGX_Finish_r(&request);
  }
  return 0;
}
