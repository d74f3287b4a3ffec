#include "base/error.h"

#include <utility>

namespace gatehouse {

Error::Error(Errc code, std::string text, std::string cause)
    : code_(code),
      text_(text.empty() ? std::string(row_of(code).text) : std::move(text)),
      cause_(std::move(cause)),
      retry_after_(row_of(code).retry_after),
      what_(text_ + (cause_.empty() ? "" : " (" + cause_ + ")")) {}

Error Error::with_message(std::string message) && {
  message_ = std::move(message);
  return std::move(*this);
}

Error Error::with_retry_after(int seconds) && {
  retry_after_ = seconds;
  return std::move(*this);
}

}  // namespace gatehouse
