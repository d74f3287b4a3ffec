// Places at an upstream: how many, who gets the next one, and when waiting is over.
#include "outbound/share.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace gatehouse::outbound {
namespace {

using std::chrono::milliseconds;

class ShareTest : public testing::Test {
 protected:
  // So many that are taken.
  static std::vector<Place> taken(const Share& share, int count) {
    std::vector<Place> places;
    for (int i = 0; i < count; ++i) {
      places.push_back(share.at("tesla"));
      EXPECT_EQ(places.back().turn(), Turn::granted) << i;
    }
    return places;
  }
  static Turn end_of(Place& place) {
    Turn turn = place.turn();
    while (turn == Turn::later) {
      std::this_thread::sleep_for(milliseconds(1));
      turn = place.turn();
    }
    return turn;
  }

  const support::TemporaryFolder own_folder{};
  const std::string folder = own_folder.path();
  const Share share{folder, 4};
};

TEST_F(ShareTest, SoManyWaitForOneUpstreamAndAnotherHasPlacesOfItsOwn) {
  const auto places = taken(share, 4);
  auto one_more = share.at("tesla");
  EXPECT_EQ(one_more.turn(), Turn::later);
  EXPECT_EQ(share.at("coze").turn(), Turn::granted);
}

TEST_F(ShareTest, APlaceThatWasGrantedStaysSoAndGoesWithWhoeverGetsIt) {
  auto places = taken(share, 4);
  auto moved = std::move(places.back());
  places.pop_back();
  EXPECT_EQ(moved.turn(), Turn::granted);
  EXPECT_EQ(share.at("tesla").turn(), Turn::later);
  moved = Place();
  EXPECT_EQ(share.at("tesla").turn(), Turn::granted);
}

TEST_F(ShareTest, WhoeverWaitsGetsAFreePlaceBeforeWhoeverComesLater) {
  auto places = taken(share, 4);
  std::vector<Place> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(share.at("tesla"));
    EXPECT_EQ(waiting.back().turn(), Turn::later);
  }
  places.clear();
  auto late = share.at("tesla");
  EXPECT_EQ(late.turn(), Turn::later);
  for (auto& place : waiting) EXPECT_EQ(place.turn(), Turn::granted);
  waiting.pop_back();
  EXPECT_EQ(late.turn(), Turn::granted);
}

TEST_F(ShareTest, WhoeverWaitsTakesAnyPlaceThatNobodyIsNextAt) {
  auto places = taken(share, 4);
  auto waiting = share.at("tesla");
  EXPECT_EQ(waiting.turn(), Turn::later);
  places.pop_back();
  EXPECT_EQ(waiting.turn(), Turn::granted);
  places.pop_back();
  EXPECT_EQ(share.at("tesla").turn(), Turn::granted) << "the seat was not given up";
}

TEST_F(ShareTest, WaitingEndsAfterItsTimeAndThenNobodyBeginsToWait) {
  const Share impatient(folder, 4, milliseconds(30));
  const auto places = taken(impatient, 4);
  auto first = impatient.at("tesla");
  EXPECT_EQ(first.turn(), Turn::later);
  EXPECT_EQ(end_of(first), Turn::crowded);
  EXPECT_EQ(impatient.at("tesla").turn(), Turn::crowded);
}

TEST_F(ShareTest, TwoOfFourThatAreSlowAreEnoughToTurnOthersAway) {
  const Share impatient(folder, 4, milliseconds(30));
  auto places = taken(impatient, 4);
  std::this_thread::sleep_for(milliseconds(40));
  for (int i = 0; i < 2; ++i) {
    places[static_cast<std::size_t>(i)] = Place();
    places[static_cast<std::size_t>(i)] = impatient.at("tesla");
    EXPECT_EQ(places[static_cast<std::size_t>(i)].turn(), Turn::granted);
  }
  EXPECT_EQ(impatient.at("tesla").turn(), Turn::crowded);
  places[2] = Place();
  places[2] = impatient.at("tesla");
  EXPECT_EQ(places[2].turn(), Turn::granted);
  EXPECT_EQ(impatient.at("tesla").turn(), Turn::later);
}

TEST_F(ShareTest, AProcessThatIsKilledFreesItsPlace) {
  const Share single(folder, 1);
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto place = single.at("tesla");
    const char sign = place.turn() == Turn::granted ? 'y' : 'n';
    if (write(ready[1], &sign, 1) == 1) pause();
    _exit(1);
  }
  char sign = 0;
  ASSERT_EQ(read(ready[0], &sign, 1), 1);
  EXPECT_EQ(sign, 'y');
  EXPECT_EQ(single.at("tesla").turn(), Turn::later);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(single.at("tesla").turn(), Turn::granted);
  close(ready[0]);
  close(ready[1]);
}

TEST_F(ShareTest, WithoutAFolderNobodyIsHeldUp) {
  const Share nowhere(folder + "/none", 1);
  auto first = nowhere.at("tesla");
  EXPECT_EQ(first.turn(), Turn::granted);
  EXPECT_EQ(nowhere.at("tesla").turn(), Turn::granted);
  EXPECT_EQ(Place().turn(), Turn::granted);
}

}  // namespace
}  // namespace gatehouse::outbound
