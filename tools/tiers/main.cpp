#include <cstdio>
#include <cstdlib>
#include "games.hpp"
using namespace tiers;
int main(int c,char**v){
  int sessions=c>1?atoi(v[1]):1; auto d=(planted::difficulty)(c>2?atoi(v[2]):1);
  auto all=play(fixtures(planted::split::tune,d,sessions,c>3?atoi(v[3]):6),[]{ std::vector<std::unique_ptr<contestant>> o; o.push_back(trap_contestant("trap_detector",{})); o.push_back(candle_contestant()); o.push_back(threshold_contestant(3)); o.push_back(threshold_contestant(0.6)); o.push_back(price_rule());o.push_back(volume_rule());o.push_back(cancel_rule()); return o;},2);
  for(size_t p=0;p<pattern_count;++p) for(size_t w=0;w<all[0].contestants.size();++w){ auto t=score(all,w,(pattern)p); auto r=t.rates(); if(w&&!t.hits&&!t.false_alarms)continue; auto b=measure::f1_bounds(t.units);
   printf("%-15s %-26s pos %3zu P %.2f R %.2f F1 %.2f [%.2f,%.2f] false %zu lvl %zu neutral %zu other %zu h %.1f  d50 %.1f BS %.2f ECE %.3f AP %.2f n %zu\n",std::string(name_of((pattern)p)).c_str(),t.name.c_str(),t.positives,r.precision,r.recall,r.f1,b.first,b.second,t.false_alarms,t.wrong_level,t.neutral,t.other_false,t.hours,measure::quantile(t.delays,.5),measure::brier_skill(t.forecasts),measure::calibration_error(t.forecasts,10),measure::average_precision(t.forecasts),t.forecasts.size());
   if(w==0){ printf("     "); for(auto&[k,n]:t.false_by)printf("%s %d  ",k.c_str(),n); puts("");}
  }
}
