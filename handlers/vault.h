// Third-party tokens (seed 000): saved, shown, validated, refreshed, deleted, and what became of them.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "flows/vault_refresh.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers::vault {

fcgi::Response save(const fcgi::Request& request, Services& services);
fcgi::Response show(const fcgi::Request& request, Services& services);
fcgi::Response remove(const fcgi::Request& request, Services& services);
fcgi::Response validate(const fcgi::Request& request, Services& services);
fcgi::Response refresh(const fcgi::Request& request, Services& services);
fcgi::Response logs(const fcgi::Request& request, Services& services);
fcgi::Response clean_up(const fcgi::Request& request, Services& services);

// To a worker of the outbound pool, which gets the same request.
fcgi::Response hand_over();
// Keeps a refresh that is still under way going when the client has its answer.
void keep_going(fcgi::Response& response, flows::RefreshOutcome& outcome, Services& services);
// What goes into the log: how it ended.
void note_usage(const fcgi::Request& request, Services& services, const std::string& user_id,
                const char* action, const char* outcome, const std::string& actor = {});

}  // namespace gatehouse::handlers::vault
