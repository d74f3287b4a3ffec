#include "cmd/steps.h"

namespace gatehouse::cmd {

std::function<void(flows::Step)> after_steps() { return {}; }

}  // namespace gatehouse::cmd
