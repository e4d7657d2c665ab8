// Why the venue refuses a request: Bitget's code and a text. bitget.md, section 15.
#pragma once

namespace trapline::paper_venue {

struct refusal {
  int code;
  const char* text;
};

namespace refusals {

inline constexpr refusal bad_parameter{40017, "Parameter verification failed"};
inline constexpr refusal missing_parameter{40019, "A required parameter is missing"};
inline constexpr refusal no_such_symbol{40034, "Parameter symbol does not exist"};
inline constexpr refusal wrong_product{40020, "Parameter productType or category is not served here"};
inline constexpr refusal unsupported{40020, "This venue does not simulate the value of a parameter"};
inline constexpr refusal wrong_mode{
    40774, "The order type for unilateral position must also be the unilateral position type."};
inline constexpr refusal no_position{22002, "No position to close"};
inline constexpr refusal nothing_to_cancel{22001, "No order to cancel"};
inline constexpr refusal no_such_order{40768, "Order does not exist"};
inline constexpr refusal not_open{45055, "The order cannot be canceled or modified in its state"};
inline constexpr refusal duplicate_client_id{40786, "Duplicate clientOid"};
inline constexpr refusal exceeds_balance{40762, "The order amount exceeds the balance"};
inline constexpr refusal exceeds_position_limit{45002, "The position would exceed its limit"};
inline constexpr refusal below_notional{45110, "less than the minimum amount 5 USDT"};
inline constexpr refusal below_minimum{45111, "less than the minimum order quantity"};
inline constexpr refusal above_maximum{45112, "more than the maximum order quantity"};
inline constexpr refusal price_step{45115, "The price is not a multiple of the price step"};
inline constexpr refusal size_step{45035, "The size is not a multiple of the size step"};
inline constexpr refusal price_too_high{40815, "The buying price is above the highest that is accepted"};
inline constexpr refusal price_too_low{40816, "The selling price is below the lowest that is accepted"};
inline constexpr refusal too_many_orders{45118, "Too many open orders"};
inline constexpr refusal mode_in_use{40920, "The position mode cannot be changed while there are positions or orders"};
inline constexpr refusal not_unfilled{40922, "Only limit orders without a fill can be modified"};
inline constexpr refusal price_and_size{40925, "Price and size must be given together"};
inline constexpr refusal new_client_id_missing{22003, "newClientOid is required when price or size change"};
inline constexpr refusal no_such_plan{43020, "The plan order does not exist"};
inline constexpr refusal plan_without_position{43043, "There is no position for this plan order"};
inline constexpr refusal long_profit_too_low{40830, "The take profit price of a long position must be above the price"};
inline constexpr refusal short_profit_too_high{40832,
                                               "The take profit price of a short position must be below the price"};
inline constexpr refusal long_stop_too_high{40834, "The stop loss price of a long position must be below the price"};
inline constexpr refusal short_stop_too_low{40836, "The stop loss price of a short position must be above the price"};
inline constexpr refusal trigger_at_price{40829, "The trigger price is the present price"};
inline constexpr refusal bad_leverage{40797, "The leverage is out of range"};

}  // namespace refusals
}  // namespace trapline::paper_venue
